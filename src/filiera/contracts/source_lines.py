"""Where in a YAML file a value stands, so that an error can name the line."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one written in C is ten times as fast, where PyYAML was built with it."""


class SourceLines:
    """Line numbers of a YAML text, by path of keys and indexes."""

    def __init__(self, text: str) -> None:
        self._root = yaml.compose(text, Loader=LOADER)

    def line(self, path: Sequence[str | int]) -> int:
        """Line of the value at `path`, or of the nearest value above it that exists."""
        node = self._root
        line = 1
        for step in path:
            node = self._step(node, step)
            if node is None:
                break
            line = node.start_mark.line + 1
        return line

    def doubled_key(self) -> tuple[str, int] | None:
        """The first key that stands twice in one mapping, which YAML readers pass over in silence."""
        pending = [self._root] if self._root else []
        visited = set()  # an alias may lead back to where it stands
        while pending:
            node = pending.pop()
            if id(node) in visited:
                continue
            visited.add(id(node))
            if isinstance(node, yaml.MappingNode):
                seen: set[str] = set()
                for key, value in node.value:
                    if key.value in seen:
                        return str(key.value), key.start_mark.line + 1
                    seen.add(key.value)
                    pending.append(value)
            elif isinstance(node, yaml.SequenceNode):
                pending.extend(node.value)
        return None

    @staticmethod
    def _step(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
        if isinstance(node, yaml.MappingNode):
            return next((value for key, value in node.value if key.value == step), None)
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            return node.value[step]  # type: ignore[no-any-return]
        return None
