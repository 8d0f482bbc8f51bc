"""Ruin and recreate over arrays: slack induction by string removals, compiled."""
