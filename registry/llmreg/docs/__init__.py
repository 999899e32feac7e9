"""Write the parts of the documentation that follow from the code and the catalog, and tell which are stale."""
