"""Ask a model, behind an endpoint or in a folder: permission first, with patience, and no reply paid twice."""
