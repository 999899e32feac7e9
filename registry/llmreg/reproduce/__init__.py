"""Make an entry again: gate, plan, run or rehearsal, record, comparison and verification."""
