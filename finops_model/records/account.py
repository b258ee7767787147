"""Who acts and when: the one place of the package that asks the system for its clock and for the account."""

from __future__ import annotations

import getpass
import os
from datetime import UTC, datetime


def account() -> str:
    """The account of the operating system that this process runs under; not what an environment variable says of it.

    >>> account() != ""
    True
    """
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    except ImportError:  # Windows
        return getpass.getuser()
    except KeyError:  # an account without a name, in containers
        return f"uid {os.getuid()}"


def now() -> str:
    """The time in UTC, to the second: 2026-11-03T09:30:00Z.

    >>> len(now()), now()[-1]
    (20, 'Z')
    """
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
