"""The training core: rows to tokens and loss masks, and the one training loop."""

import logging

# bitsandbytes warns at import that an optional kernel is absent; there is nothing for a user to do about it.
logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)
