"""What runs in Spark's Python workers travels to them by value.

A kept-alive server's workers would go on using the version of a module that they imported first, and a
cluster's may have none.
"""

from __future__ import annotations

from types import ModuleType


def travels_by_value(*modules: ModuleType) -> None:
    """From now on functions of these modules are sent whole, and not as names to import."""
    from pyspark import cloudpickle

    for module in modules:
        # PySpark ships its copy of cloudpickle without types, and no stubs fit it.
        cloudpickle.register_pickle_by_value(module)  # type: ignore[no-untyped-call]
