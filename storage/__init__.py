"""What is remembered: tables, records, and every statement by name. Knows scoring's types only."""
