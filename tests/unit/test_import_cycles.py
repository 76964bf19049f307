"""No two modules need each other, for types either: each can be read after those that it imports."""

from graphlib import CycleError, TopologicalSorter

import grimp
import pytest


@pytest.mark.parametrize("package", ["gpu_trace", "gpu_trace_analyzers"])
def test_imports_have_an_order(package):
    graph = grimp.build_graph(package, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        order = [*TopologicalSorter(imports).static_order()]
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))
    assert len(order) > 50
