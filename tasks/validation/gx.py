"""Great Expectations, imported when it is first used, and quiet."""

import logging
import os
from typing import Any


def great_expectations() -> Any:
    """The library, imported when it is first used: that takes seconds."""
    # Read while it is imported: without it, usage data would be sent.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    # This one sets its own level, to tell of temporary folders.
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)
    return gx
