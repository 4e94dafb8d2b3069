"""When things happen: clocks, rules, occurrences."""
