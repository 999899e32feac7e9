"""The Hub: list, fetch and push repositories. Knows repositories, revisions and files, and no catalog."""
