"""Ruin and recreate over arrays: slack induction by string removals, compiled."""

from optimizer import kernel_cache as kernel_cache
