"""Find plugins through entry points and gather the methods they offer; a broken plugin is reported, never fatal."""
