"""The rows of scripts/bench, one file for each group of them."""
