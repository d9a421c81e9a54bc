"""The rules: who came, what counts, where a learner stands, what the gradebook should say. Knows neither HTTP nor LTI."""
