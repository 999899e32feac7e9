"""Pictures of the lineage: layered, the same every time, and readable without their colors."""
