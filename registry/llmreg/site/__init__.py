"""The static site: a folder of pages that opens from disk and needs no server, no network and no other's code."""
