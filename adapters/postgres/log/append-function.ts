/*
 * One engine write for any number of append calls (`p_call` numbers them), each of which is taken whole or not at all:
 *
 *   1  lock the heads of the partitions, in order          two writers never deadlock, and the clock is read under the lock
 *   2  nothing refused: move the heads by `p_counts`,      the usual way. `p_rank` counts a record within its partition from 1, so
 *      insert at head + rank                               nothing is sorted; an id that stands already undoes just this step
 *   3  else find the ids that stand already                same data: duplicate · other data: the whole call clashes
 *   4  move the heads by what is left, insert              positions are gapless and in the order of commits
 *   5  notify
 *
 * Answers ('p', partition, position of its first new record - 1, at_ms), ('d', index of a duplicate, its position, its at_ms) and
 * ('c', index of a clashing record, null, null). Indexes are 1-based. An id occurs once per write: the caller sees to that.
 * The calls in p_refused clash in themselves; their ids are only looked up.
 * Statements of a volatile function see what was committed before them, so steps 2 and 3 see the writes that step 1 waited for.
 */
export const APPEND_FUNCTION = `
create function portico.append(
  p_topic int, p_partitions int[], p_counts int[], p_refused int[],
  p_call int[], p_part int[], p_rank int[], p_key text[], p_id text[], p_data text[]
) returns table (kind text, n int, "position" bigint, at_ms bigint)
language plpgsql set enable_seqscan = off as $$
#variable_conflict use_column
declare
  v_now bigint;
  v_clashing int[] := '{}';
  v_clashing_calls int[] := p_refused;
  v_known int[] := '{}';
  v_known_position bigint[] := '{}';
  v_known_at bigint[] := '{}';
  v_base bigint[];
  v_at bigint[];
  v_is_done boolean := false;
begin
  perform 1 from portico.heads h where h.topic_id = p_topic and h.partition = any(p_partitions) order by h.partition for update;
  v_now := floor(extract(epoch from clock_timestamp()) * 1000);

  if cardinality(p_refused) = 0 then
    begin
      select m.v_base, m.v_at into v_base, v_at from portico.move_heads(p_topic, p_partitions, p_counts, v_now) m;
      insert into portico.records (topic_id, partition, position, at_ms, id, key, data)
      select p_topic, u.part, v_base[u.part + 1] + u.rank, v_at[u.part + 1], u.id, u.key, u.data
        from unnest(p_part, p_rank, p_key, p_id, p_data) as u(part, rank, key, id, data);
      v_is_done := true;
    exception when unique_violation then
      v_is_done := false;
    end;
  end if;

  if not v_is_done then
    select coalesce(array_agg(u.ord) filter (where not r.same), '{}'),
           p_refused || coalesce(array_agg(distinct u.call) filter (where not r.same), '{}'),
           coalesce(array_agg(u.ord order by u.ord) filter (where r.same), '{}'),
           coalesce(array_agg(r.position order by u.ord) filter (where r.same), '{}'),
           coalesce(array_agg(r.at_ms order by u.ord) filter (where r.same), '{}')
      into v_clashing, v_clashing_calls, v_known, v_known_position, v_known_at
      from unnest(p_call, p_part, p_id, p_data) with ordinality as u(call, part, id, data, ord)
      cross join lateral (
        select r.position, r.at_ms, r.data = u.data as same from portico.records r
         where r.topic_id = p_topic and r.partition = u.part and r.id = u.id and u.id is not null limit 1
      ) r;

    with counts as (
      select u.part, count(*)::int as n from unnest(p_call, p_part) with ordinality as u(call, part, ord)
       where u.call <> all(v_clashing_calls) and u.ord <> all(v_known) group by u.part
    )
    select m.v_base, m.v_at into v_base, v_at
      from (select coalesce(array_agg(part), '{}') as parts, coalesce(array_agg(n), '{}') as counts from counts) c,
           portico.move_heads(p_topic, c.parts, c.counts, v_now) m;

    insert into portico.records (topic_id, partition, position, at_ms, id, key, data)
    select p_topic, u.part, v_base[u.part + 1] + row_number() over (partition by u.part order by u.ord), v_at[u.part + 1], u.id, u.key, u.data
      from unnest(p_call, p_part, p_key, p_id, p_data) with ordinality as u(call, part, key, id, data, ord)
     where u.call <> all(v_clashing_calls) and u.ord <> all(v_known);
  end if;

  return query
    select 'p', g::int - 1, v_base[g], v_at[g] from generate_subscripts(v_base, 1) g where v_base[g] is not null
    union all select 'd', v_known[g], v_known_position[g], v_known_at[g] from generate_subscripts(v_known, 1) g
    union all select 'c', x, null, null from unnest(v_clashing) x;
end $$;

-- Moves heads that the caller has locked and notifies; answers, by partition from index 1, where they stood and the instant they have now.
create function portico.move_heads(p_topic int, p_partitions int[], p_counts int[], p_now bigint, out v_base bigint[], out v_at bigint[])
language plpgsql set enable_seqscan = off as $$
#variable_conflict use_column
begin
  with moved as (
    update portico.heads h set last = h.last + c.n, at_ms = greatest(h.at_ms, p_now)
      from unnest(p_partitions, p_counts) as c(part, n) where h.topic_id = p_topic and h.partition = c.part
    returning h.partition, h.last - c.n as base, h.at_ms, pg_notify('portico_log', p_topic || ' ' || h.partition || ' ' || h.last)
  )
  select array_agg(m.base order by g), array_agg(m.at_ms order by g) into v_base, v_at
    from generate_series(0, (select max(x) from unnest(p_partitions) x)) g left join moved m on m.partition = g;
end $$;
`;
