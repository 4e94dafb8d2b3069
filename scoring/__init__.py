"""What is asked, and what the answers mean: values and arithmetic, with no I/O.

Scores are integers in tenths from the reader to the database to the rules: 0-100 an item, 0-400 the
total of a four-item form. Binary floats get 36 of the pairs that are exactly 6.0 apart wrong.
"""
