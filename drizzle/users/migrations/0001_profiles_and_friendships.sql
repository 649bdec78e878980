create schema if not exists users;

create table users.profiles (
  id text collate "C" primary key check (octet_length(id) between 1 and 128),
  name text not null check (char_length(name) between 1 and 80),
  picture_url text check (octet_length(picture_url) between 1 and 2048),
  created_at_ms bigint not null
);

create table users.bonds (
  user_id text collate "C" not null references users.profiles (id),
  other_id text collate "C" not null references users.profiles (id),
  standing text not null check (standing in ('friend', 'requested', 'invited', 'blocked')),
  since_ms bigint not null,
  primary key (user_id, other_id),
  check (user_id <> other_id)
);

create index bonds_by_standing on users.bonds (user_id, standing, since_ms desc, other_id);

create table users.circles (
  user_id text collate "C" primary key references users.profiles (id),
  friends integer not null default 0 check (friends between 0 and 5000),
  requested integer not null default 0 check (requested between 0 and 1000),
  blocked integer not null default 0 check (blocked between 0 and 5000)
);
