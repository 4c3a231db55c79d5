# SPDX-License-Identifier: BSD-3-Clause
"""Options that are read when :mod:`shmem4py.shmem` is imported.

The whole process shares one object. The program sets it, and the environment overrides it at that
import. ``sizes`` is read again when the library is initialised, and ``finalize`` and ``excepthook``
at the end of the process.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

_TRUE = {"true", "yes", "on", "y", "1"}
_FALSE = {"false", "no", "off", "n", "0"}
_CHOICES = {"thread_level": ("single", "funneled", "serialized", "multiple"), "sizes": ("match", "smaller")}
_PREFIX = "SHMEM4PY_RC_"


class Rc:
    """Runtime options.

    Attributes
    ----------
    initialize : bool
        Initialise the library when `shmem4py.shmem` is imported. Default: True.
    threads : bool
        Ask for `thread_level` at initialisation. Default: False.
    thread_level : {'multiple', 'serialized', 'funneled', 'single'}
        The level to ask for if `threads` is set. Default: 'multiple'.
    finalize : bool or None
        Finalise the library when the process exits. None, the default, means yes if the
        import has initialised it.
    engine : str or None
        The OpenSHMEM library to run on, such as 'smp' or 'openmpi'. None, the default,
        means the one that the launcher's environment points to, else smp.
        ``SHMEM4PY_ENGINE`` in the environment overrides.
    sizes : {'match', 'smaller'}
        What calls without `size` do with two arrays of different shapes. With 'match', the default, the
        shapes must match, or the call raises `ValueError`. With 'smaller', they move as many elements as the
        smaller array has, as shmem4py 1.0 does.
    excepthook : bool
        An exception that leaves the program on one PE, and an exit with a status other
        than 0, end the job on all PEs. Default: True.

    Notes
    -----
    Each option is overridden by the environment variable ``SHMEM4PY_RC_<NAME>``, for
    example ``SHMEM4PY_RC_INITIALIZE=no``.

    Examples
    --------
    Initialise by hand:

    >>> import shmem4py
    >>> shmem4py.rc(initialize=False, finalize=True)
    >>> shmem4py.rc.initialize
    False
    >>> shmem4py.rc(initialize=True, finalize=None)
    """

    __module__ = "shmem4py"

    initialize: bool = True
    threads: bool = False
    thread_level: str = "multiple"
    finalize: bool | None = None
    engine: str | None = None
    sizes: str = "match"
    excepthook: bool = True

    def __call__(self, **options: object) -> None:
        """Set several options at once.

        Raises
        ------
        TypeError
            An option has an unknown name; none is set then.
        """
        for name in options:
            self._check(name)
        for name, value in options.items():
            setattr(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        self._check(name)
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        return "<shmem4py.rc>"

    @staticmethod
    def _check(name: str) -> None:
        if name not in Rc.__annotations__:
            raise TypeError(f"rc has no option {name!r}; it has {', '.join(Rc.__annotations__)}")

    def _override(self, environment: Mapping[str, str] = os.environ) -> None:
        """Apply ``SHMEM4PY_RC_<NAME>``, and refuse values that are not valid."""
        _warn_of_unknown_variables(environment)
        for name in Rc.__annotations__:
            variable = f"{_PREFIX}{name.upper()}"
            text = environment.get(variable, "")
            if not text:
                continue
            if name == "engine":
                self.engine = text
            elif name in _CHOICES:
                setattr(self, name, text.lower())
            elif text.lower() in _TRUE | _FALSE:
                setattr(self, name, text.lower() in _TRUE)
            elif name == "finalize" and text.lower() == "none":
                self.finalize = None
            else:
                raise ValueError(f"{variable}={text}: expected true or false")
        self._check_values()

    def _check_values(self) -> None:
        """Refuse values that are none of an option's choices."""
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if str(value).lower() not in choices:
                raise ValueError(f"rc.{name} is {value!r}; expected one of {', '.join(choices)}")


def _warn_of_unknown_variables(environment: Mapping[str, str]) -> None:
    """Warn of variables that begin with our prefix but name no option; in a job of smp, on PE 0 only."""
    known = [f"{_PREFIX}{name.upper()}" for name in Rc.__annotations__]
    unknown = sorted(name for name in environment if name.startswith(_PREFIX) and name not in known)
    if not unknown or environment.get("SHMEM4PY_JOB_PE", "0") != "0":
        return
    import difflib  # here, because only a misspelt name should pay for the imports
    import warnings

    for name in unknown:
        near = difflib.get_close_matches(name.removeprefix(_PREFIX).lower(), Rc.__annotations__, 1)
        advice = f"did you mean {_PREFIX}{near[0].upper()}?" if near else f"there are {', '.join(known)}"
        # The warning shows the line that imports shmem4py.shmem.
        warnings.warn(f"{name} is no option of shmem4py and is ignored; {advice}", UserWarning, stacklevel=5)


rc = Rc()
