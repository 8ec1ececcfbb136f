-- The cases behind a number: what each contributes to a measure, by day.
CREATE INDEX contributions_by_day ON contributions (metric, day, dims);
