DROP TABLE recommendation_hides;
DROP TABLE recommendations;
DROP TABLE recommendation_states;
