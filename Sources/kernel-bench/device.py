"""What the table says about the machine: read, never set."""

from __future__ import annotations

import datetime
import platform
import re
import shutil
import subprocess
from pathlib import Path
from statistics import median
from typing import Optional

# Queried fields of nvidia-smi and the header keys they fill.
SMI_FIELDS = {
    "driver_version": "driver",
    "clocks.sm": "clock_mhz",
    "clocks.mem": "memory_clock_mhz",
    "temperature.gpu": "temperature_c",
    "power.limit": "power_limit_w",
}
VARYING = ("clock_mhz", "memory_clock_mhz", "temperature_c")

# Patterns of the driver's names and the entries of the catalogue; the first that matches counts.
CATALOGUE = (
    (r"A100-PCIE-40GB", "a100-pcie-40gb"),
    (r"A100.*PCIe.*80GB|A100 80GB PCIe", "a100-pcie-80gb"),
    (r"A100-SXM4?-40GB", "a100-sxm-40gb"),
    (r"A100-SXM4?-80GB", "a100-sxm-80gb"),
    (r"A800-SXM4?-80GB", "a800-sxm-80gb"),
    (r"\bA40\b", "a40-48gb"),
    (r"\bB200\b", "b200-sxm-180gb"),
    (r"\bH200$", "h200-sxm-141gb"),
    (r"\bH20$", "h20-sxm-96gb"),
    (r"\bH100 PCIe\b", "h100-pcie-80gb"),
    (r"\bH100 80GB HBM3$", "h100-sxm-80gb"),
    (r"\bH800$", "h800-sxm-80gb"),
    (r"\bL40S\b", "l40s-48gb"),
    (r"\bTITAN RTX\b", "titan-rtx-24gb"),
    (r"V100-PCIE-16GB", "v100-pcie-16gb"),
    (r"V100-SXM2-16GB", "v100-sxm2-16gb"),
    (r"V100-SXM2-32GB", "v100-sxm2-32gb"),
)


def output_of(*command: str, timeout_s: float = 10) -> Optional[str]:
    """What a command prints, or `None` where it is missing or fails."""
    if shutil.which(command[0]) is None:
        return None
    try:
        finished = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=True)
    except (subprocess.SubprocessError, OSError):
        return None
    return finished.stdout.strip()


def catalogue_name(gpu: str) -> Optional[str]:
    """The entry of the device catalogue for what the driver calls a GPU."""
    return next((entry for pattern, entry in CATALOGUE if re.search(pattern, gpu)), None)


def git_commit() -> str:
    """The commit of this program, marked when its files differ from it."""
    folder = str(Path(__file__).resolve().parent)
    commit = output_of("git", "-C", folder, "rev-parse", "--short=12", "HEAD")
    if not commit:
        return "unknown"
    changed = output_of("git", "-C", folder, "status", "--porcelain", "--", folder)
    return commit + (" (changed)" if changed else "")


def cpu_name() -> str:
    """The processor, for tables made without a GPU."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()


class Sensors:
    """Clocks, temperature and power limit of one GPU, read several times while it works."""

    def __init__(self, identifier: Optional[str]) -> None:
        self.identifier = identifier
        self.readings: list[dict[str, str]] = []

    def read(self) -> None:
        """Adds a reading; nothing where nvidia-smi is missing or does not know a field."""
        if self.identifier is None:
            return
        query = "--query-gpu=" + ",".join(SMI_FIELDS)
        text = output_of("nvidia-smi", query, "--format=csv,noheader,nounits", "-i", self.identifier)
        cells = [cell.strip() for cell in (text or "").split(",")]
        if len(cells) == len(SMI_FIELDS):
            known = {key: cell for key, cell in zip(SMI_FIELDS.values(), cells) if not cell.startswith("[")}
            self.readings.append(known)

    def header(self) -> dict[str, str]:
        """Header keys: medians of what varies, the last reading of what does not."""
        merged: dict[str, str] = {}
        for reading in self.readings:
            merged.update(reading)
        for key in VARYING:
            values = [float(reading[key]) for reading in self.readings if _is_number(reading.get(key))]
            if values:
                merged[key] = f"{median(values):g}"
        if _is_number(merged.get("power_limit_w")):
            merged["power_limit_w"] = f"{float(merged['power_limit_w']):g}"
        return {key: value for key, value in merged.items() if key == "driver" or _is_number(value)}


def _is_number(text: Optional[str]) -> bool:
    return text is not None and re.fullmatch(r"\d+(\.\d+)?", text) is not None


def today() -> str:
    """The date of the measurement, YYYY-MM-DD."""
    return datetime.date.today().isoformat()
