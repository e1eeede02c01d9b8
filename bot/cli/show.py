"""What the command prints: a progress bar, errors in plain words, findings."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bot.content.findings import Finding, Severity
from bot.errors import AmparoError

out = Console()
err = Console(stderr=True)


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[str, float], None]]:
    """A bar on standard error, from the first step until the work is done; quick work shows none."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=err)
    task = bar.add_task(title, total=1.0)

    def tell(step: str, share: float) -> None:
        bar.start()
        bar.update(task, description=f"{title}: {step}", completed=share)
        if share >= 1.0:
            bar.stop()

    try:
        yield tell
    finally:
        bar.stop()


@contextmanager
def plain_errors() -> Iterator[None]:
    """Amparo's own errors as one clear line and exit status 1; never a traceback."""
    try:
        yield
    except AmparoError as error:
        err.print(f"[bold red]amparo:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def show_findings(findings: Sequence[Finding]) -> None:
    """Findings by file, errors marked, and a closing line with the counts."""
    for finding in sorted(findings, key=lambda f: (f.file, f.line)):
        colour = "red" if finding.severity is Severity.ERROR else "yellow"
        where = f"{finding.file}:{finding.line}" if finding.line else finding.file
        text = f"{where}: [{colour}]{finding.severity}[/] {escape(finding.message)} [dim]({finding.code})[/]"
        out.print(text, highlight=False, soft_wrap=True)
    errors = sum(f.severity is Severity.ERROR for f in findings)
    warnings = len(findings) - errors
    mark = "[red]not usable[/]" if errors else "[green]clean[/]" if not warnings else "[yellow]usable[/]"
    out.print(f"{mark}: {errors} errors, {warnings} warnings", highlight=False)
