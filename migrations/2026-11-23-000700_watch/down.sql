DROP TABLE watching, hidden, watchlist, ratings, playback, plays, watch_marks, watch_states, media;
