/*
 * Each function takes its entries key by key (collation "C"), entries of one key in their own order: locks are taken in one order in all
 * processes, so calls never deadlock, and a key that occurs twice sees both acts take effect one after the other.
 * A row whose instant has passed is as good as absent everywhere; the sweeper only frees its space.
 */
export const KEY_VALUE_FUNCTIONS = `
create function portico.now_ms() returns bigint language sql volatile as $$
  select floor(extract(epoch from clock_timestamp()) * 1000)::bigint
$$;

create function portico.kv_set(p_namespace text, p_keys text[], p_values text[], p_expires bigint[], p_only_if text[])
returns table (n int, written boolean) language plpgsql as $$
declare
  e record;
begin
  for e in
    select u.* from unnest(p_keys, p_values, p_expires, p_only_if) with ordinality as u(key, value, expires, only_if, ord)
     order by u.key collate "C", u.ord
  loop
    n := e.ord;
    if e.only_if = 'present' then
      update portico.key_values k set value = e.value, expires_at_ms = e.expires
       where k.namespace = p_namespace and k.key = e.key and (k.expires_at_ms is null or k.expires_at_ms > portico.now_ms());
    elsif e.only_if = 'absent' then
      insert into portico.key_values as k (namespace, key, value, expires_at_ms) values (p_namespace, e.key, e.value, e.expires)
      on conflict (namespace, key) do update set value = excluded.value, expires_at_ms = excluded.expires_at_ms
       where k.expires_at_ms is not null and k.expires_at_ms <= portico.now_ms();
    else
      insert into portico.key_values (namespace, key, value, expires_at_ms) values (p_namespace, e.key, e.value, e.expires)
      on conflict (namespace, key) do update set value = excluded.value, expires_at_ms = excluded.expires_at_ms;
    end if;
    written := found;
    return next;
  end loop;
end $$;

create function portico.kv_remove(p_namespace text, p_keys text[])
returns table (n int, value text) language plpgsql as $$
declare
  e record;
begin
  for e in select u.* from unnest(p_keys) with ordinality as u(key, ord) order by u.key collate "C", u.ord loop
    n := e.ord;
    value := null;
    delete from portico.key_values k where k.namespace = p_namespace and k.key = e.key
    returning case when k.expires_at_ms is null or k.expires_at_ms > portico.now_ms() then k.value end into value;
    return next;
  end loop;
end $$;

create function portico.kv_add(p_namespace text, p_keys text[], p_deltas bigint[], p_mins bigint[], p_maxs bigint[], p_expires bigint[])
returns table (n int, value bigint) language plpgsql as $$
#variable_conflict use_column
declare
  e record;
  v_row record;
  v_old bigint;
  v_new numeric;
  v_is_live boolean;
begin
  for e in
    select u.* from unnest(p_keys, p_deltas, p_mins, p_maxs, p_expires) with ordinality as u(key, delta, min, max, expires, ord)
     order by u.key collate "C", u.ord
  loop
    n := e.ord;
    loop
      select k.value as old_value, k.expires_at_ms as old_expires into v_row
        from portico.key_values k where k.namespace = p_namespace and k.key = e.key for update;
      v_is_live := found and (v_row.old_expires is null or v_row.old_expires > portico.now_ms());
      if v_is_live and v_row.old_value !~ '^-?[0-9]{1,16}$' then
        raise exception 'the value of a counter is no integer' using errcode = 'invalid_text_representation';
      end if;
      v_old := case when v_is_live then v_row.old_value::bigint else 0 end;
      v_new := v_old::numeric + e.delta;
      value := null;
      exit when v_new < coalesce(e.min, -9007199254740991) or v_new > coalesce(e.max, 9007199254740991);
      value := v_new;
      if v_is_live then
        update portico.key_values k set value = v_new::text where k.namespace = p_namespace and k.key = e.key;
        exit;
      elsif v_row.old_value is not null then
        update portico.key_values k set value = v_new::text, expires_at_ms = e.expires where k.namespace = p_namespace and k.key = e.key;
        exit;
      end if;
      insert into portico.key_values (namespace, key, value, expires_at_ms) values (p_namespace, e.key, v_new::text, e.expires)
      on conflict do nothing;
      exit when found;
    end loop;
    return next;
  end loop;
end $$;
`;
