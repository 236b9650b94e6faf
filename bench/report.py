# SPDX-License-Identifier: GPL-2.0
"""Tables and plots of what was measured."""

import os
import shutil

import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  pylint: disable=wrong-import-position
from tabulate import tabulate  # noqa: E402  pylint: disable=wrong-import-position

import goals  # noqa: E402  pylint: disable=wrong-import-position

COLOURS = {"none": "0.4", "newpid": "tab:red", "pspace": "tab:blue", "idr": "tab:red",
           "pid_map": "tab:blue"}
LABELS = {"newpid": "CLONE_NEWPID", "pspace": "CLONE_NEWPSPACE", "idr": "idr",
          "pid_map": "pid_map"}


def number(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 or value == 0 else f"{value:.3f}"


def table(verdicts, cells):
    """Goals, then all cells, as text."""
    rows = [(verdict.what, number(verdict.goal), number(verdict.value), number(verdict.peer),
             goals.word(verdict)) for verdict in verdicts]
    words = [row[-1] for row in rows]
    lines = [tabulate(rows, headers=("goal", "at most", "measured", "CLONE_NEWPID", "verdict"),
                      colalign=("left", "right", "right", "right", "left"), disable_numparse=True),
             "", ", ".join(f"{words.count(word)} {word}"
                           for word in ("met", "missed", "not measured")), ""]
    rows = [(bench, arm, f"{x:,}", number(cell.median), f"{number(cell.low)} .. {number(cell.high)}",
             cell.count, cell.unit) for (bench, arm, x), cell in sorted(cells.items())]
    lines += [tabulate(rows, headers=("measured", "arm", "x", "median", "middle half", "samples",
                                      "unit"),
                       colalign=("left", "left", "right", "right", "right", "right", "left"),
                       disable_numparse=True), ""]
    return "\n".join(lines)


def series(cells, bench, arm):
    """x and medians of an arm."""
    found = sorted((x, cell.median) for (b, a, x), cell in cells.items() if (b, a) == (bench, arm))
    return [x for x, _ in found], [y for _, y in found]


def short(count):
    """A count as a tick's label."""
    if count >= 1_000_000:
        return f"{count / 1_000_000:g}M"
    return f"{count / 1000:g}k" if count >= 10_000 else str(count)


def style(axes, title, xlabel, ylabel, ticks):
    """All x are far apart: a logarithmic axis, with ticks at what was measured."""
    axes.set_title(title, fontsize=10)
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.set_xscale("log")
    axes.set_xticks(ticks)
    axes.set_xticklabels([short(tick) for tick in ticks])
    axes.minorticks_off()
    axes.set_ylim(bottom=0, top=1.1 * axes.dataLim.y1)
    axes.grid(True, which="major", alpha=0.3)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def draw(axes, cells, bench, arms, scale=1.0):
    for arm in arms:
        xs, ys = series(cells, bench, arm)
        if xs:
            axes.plot(xs, [y / scale for y in ys], marker="o", markersize=4, color=COLOURS[arm],
                      label=LABELS[arm])


def save(figure, out, name):
    figure.tight_layout()
    figure.savefig(os.path.join(out, name), metadata={"Date": None})
    plt.close(figure)


def plots(cells, out):
    """Cost against depth, against size, and of teardown, as SVG."""
    plt.rcParams["svg.hashsalt"] = "pspace"
    titles = {"thread": "thread create+exit", "vfork": "vfork+exit+wait", "fork": "fork+exit+wait"}
    if all((bench, "none", 0) in cells for bench in titles):
        figure, all_axes = plt.subplots(1, 3, figsize=(11, 3.6))
        for axes, (bench, title) in zip(all_axes, titles.items()):
            draw(axes, cells, bench, ("newpid", "pspace"), cells[bench, "none", 0].median)
            axes.axhline(1, color=COLOURS["none"], linestyle="--", linewidth=1,
                         label="no namespace")
            style(axes, title, "depth", "instructions, to no namespace", goals.DEPTHS)
        all_axes[0].legend(frameon=False, fontsize=8, loc="lower right")
        save(figure, out, "depth.svg")

    operations = {"find": "find", "alloc": "alloc+publish+free", "walk": "next in order"}
    if any(bench.startswith("map.") for bench, _, _ in cells):
        figure, all_axes = plt.subplots(2, 3, figsize=(11, 6))
        for row, layout in zip(all_axes, ("dense", "spread")):
            for axes, (operation, title) in zip(row, operations.items()):
                draw(axes, cells, f"map.{operation}.{layout}", ("idr", "pid_map"))
                style(axes, f"{title}, {layout}", "numbers in the map", "ns", goals.SIZES)
        all_axes[0][0].legend(frameon=False, fontsize=8, loc="upper left")
        save(figure, out, "map.svg")

    levels, _ = series(cells, "teardown.chain", "pspace")
    if levels:
        figure, axes = plt.subplots(figsize=(5, 3.6))
        draw(axes, cells, "teardown.chain", ("newpid", "pspace"), 1000)
        style(axes, "death of a chain of spaces, each in the one before", "levels",
              "thousand instructions a level", levels)
        axes.legend(frameon=False, fontsize=8, loc="lower right")
        save(figure, out, "teardown.svg")


def publish(out, docs):
    os.makedirs(docs, exist_ok=True)
    for name in os.listdir(out):
        shutil.copy(os.path.join(out, name), docs)
