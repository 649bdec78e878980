create index seasons_closed on leaderboard.seasons (closing_at_ms) where closing_at_ms is not null;
