from optimizer import kernel_cache as kernel_cache
