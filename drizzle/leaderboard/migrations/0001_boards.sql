create schema if not exists leaderboard;

create table leaderboard.boards (
  id text collate "C" primary key,
  name text not null,
  operator text not null,
  direction text not null,
  ties text not null,
  period jsonb not null,
  sharding jsonb not null,
  created_at_ms bigint not null
);

create table leaderboard.seasons (
  board text collate "C" not null references leaderboard.boards (id),
  season text collate "C" not null,
  starts_at_ms bigint not null,
  ends_at_ms bigint,
  closing_at_ms bigint,
  sealed_at_ms bigint,
  players bigint,
  primary key (board, season)
);
create index seasons_due on leaderboard.seasons (ends_at_ms) where sealed_at_ms is null;

-- A compacted log: one row a player and season, with the position of the log record that last changed it. Gone players stay as
-- `removed`, so that followers hear of it.
create table leaderboard.standings (
  board text collate "C" not null,
  season text collate "C" not null,
  member text collate "C" not null,
  score bigint not null,
  reached_at_ms bigint not null,
  part smallint not null,
  position bigint not null,
  removed boolean not null default false,
  primary key (board, season, member)
) with (fillfactor = 85);
create index standings_changes on leaderboard.standings (part, position);

create table leaderboard.results (
  board text collate "C" not null,
  season text collate "C" not null,
  match_id text collate "C" not null,
  member text collate "C" not null,
  points bigint not null,
  score_before bigint,
  score_after bigint,
  status text not null,
  at_ms bigint not null,
  part smallint not null,
  position bigint not null,
  primary key (board, match_id, member)
);
create index results_by_board on leaderboard.results (board, at_ms, part, position);
create index results_by_member on leaderboard.results (board, member, at_ms, position);

-- The log partitions that have passed a season's end marker.
create table leaderboard.seals (
  board text collate "C" not null,
  season text collate "C" not null,
  part smallint not null,
  position bigint not null,
  primary key (board, season, part)
);

create table leaderboard.season_results (
  board text collate "C" not null,
  season text collate "C" not null,
  place bigint not null,
  member text collate "C" not null,
  rank bigint not null,
  score bigint not null,
  reached_at_ms bigint not null,
  primary key (board, season, place)
);
create unique index season_results_by_member on leaderboard.season_results (board, season, member);

create table leaderboard.checkpoints (
  name text collate "C" not null,
  part smallint not null,
  position bigint not null,
  primary key (name, part)
);
