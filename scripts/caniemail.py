"""Writes composer/checks/support/caniemail.json: which mail programs support the features that our detector can name.

Input: the npm package `caniemail`, installed into scripts/.caniemail, which git ignores. Output: one line for each
feature, with the newest result for each program; the same bytes for the same package. Never reads another source.

The programs are those in which people read newsletters. Left out on purpose: Windows Mail (Microsoft ended it in 2024),
AOL and WEB.DE (the programs, and but for gaps the results, of Yahoo and of GMX), and webmail known in one country alone,
save for the German ones: the sample has a German edition. QQ Mail and NetEase (163, 126), which subscribers in China use, are
not in the data: nothing is known of them. Outlook.com represents the new Outlook for Windows too, which shows the same
page.

Run it with: python -m scripts.caniemail
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from composer.checks.support.features import SLUGS

FOLDER = Path(__file__).resolve().parent / ".caniemail"
TABLE = Path(__file__).resolve().parent.parent / "composer" / "checks" / "support" / "caniemail.json"
#: The package names a newer Node than many have; only its data is read, and that asks for none.
VERSION = "2.0.2"
#: Family -> platform -> the name people give it, in the order in which findings name them.
CLIENTS = {
    "gmail": {
        "desktop-webmail": "Gmail in the browser",
        "ios": "Gmail on iPhone",
        "android": "Gmail on Android",
        "mobile-webmail": "Gmail in a phone's browser",
    },
    "apple-mail": {"macos": "Apple Mail on the Mac", "ios": "Apple Mail on iPhone"},
    "outlook": {
        "windows": "Outlook for Windows (classic)",
        "outlook-com": "Outlook.com",
        "macos": "Outlook for Mac",
        "ios": "Outlook on iPhone",
        "android": "Outlook on Android",
    },
    "yahoo": {
        "desktop-webmail": "Yahoo in the browser",
        "ios": "Yahoo on iPhone",
        "android": "Yahoo on Android",
    },
    "samsung-email": {"android": "Samsung Email"},
    "thunderbird": {"macos": "Thunderbird"},
    "protonmail": {
        "desktop-webmail": "Proton Mail in the browser",
        "ios": "Proton Mail on iPhone",
        "android": "Proton Mail on Android",
    },
    "gmx": {
        "desktop-webmail": "GMX and WEB.DE in the browser",
        "ios": "GMX and WEB.DE on iPhone",
        "android": "GMX and WEB.DE on Android",
    },
    "t-online-de": {"desktop-webmail": "T-Online in the browser"},
}
_DATE = re.compile(r"(?:19|20)\d\d(?:-\d\d)?")


def newest(results: Mapping[str, str]) -> str:
    """Return the result of the newest version: "y", "a" (in part), "n" or "u" (unknown), without its notes.

    Keys are dates ("2019-08", "2016") or versions ("16.80", "16.103") and one program can have both; only keys of one
    kind can be compared. The data's order is by time, with a few slips among keys of one kind: so the last key says the
    kind, and the greatest of that kind is the newest.
    """
    if not results:
        return "u"
    kind = bool(_DATE.fullmatch(list(results)[-1]))
    same = [key for key in results if bool(_DATE.fullmatch(key)) == kind]
    return results[max(same, key=lambda key: [int(number) for number in re.findall(r"\d+", key)])][0]


def compact(data: Mapping[str, Any], version: str) -> str:
    """Return the table as text: a header, then one line for each feature of the detector that the data has, sorted."""
    header = {
        "source": "https://www.caniemail.com",
        "package": f"caniemail {version}",
        "updated": data["last_update_date"][:10],
        "licence": "MIT, (c) 2019 Rémi Parmentier",
        "results": "y yes, a in part, n no, u untested: a word for each family, a letter for each of its programs, as below",
        "clients": CLIENTS,
    }
    rows = []
    for feature in sorted(data["data"], key=lambda feature: str(feature["slug"])):
        if feature["slug"] not in SLUGS:
            continue
        year, month, day = feature["last_test_date"].split("-")
        row = {
            "slug": feature["slug"],
            "title": feature["title"].strip(),
            "category": feature["category"],
            "url": feature["url"],
            "tested": f"{year}-{month:0>2}-{day:0>2}",
            "support": " ".join(
                "".join(newest(feature["stats"].get(family, {}).get(platform, {})) for platform in platforms)
                for family, platforms in CLIENTS.items()
            ),
        }
        rows.append(json.dumps(row, ensure_ascii=False))
    head = json.dumps(header, ensure_ascii=False, indent=2).removesuffix("\n}")
    return head + ',\n  "features": [\n' + ",\n".join(rows) + "\n  ]\n}\n"


def install() -> Path:
    """Install the package, unless it is there; return its folder."""
    package = FOLDER / "node_modules" / "caniemail"
    try:
        if json.loads((package / "package.json").read_text("utf-8"))["version"] == VERSION:
            return package
    except FileNotFoundError:
        pass
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm is missing: the package caniemail cannot be installed")
    FOLDER.mkdir(exist_ok=True)
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error")
    subprocess.run([npm, "install", "--prefix", str(FOLDER), *options, f"caniemail@{VERSION}"], check=True)
    return package


def main() -> int:
    """Write the table."""
    data = json.loads((install() / "data" / "caniemail.json").read_text("utf-8"))
    text = compact(data, VERSION)
    TABLE.write_text(text, encoding="utf-8", newline="\n")
    missing = SLUGS - {row["slug"] for row in json.loads(text)["features"]}
    print(f"{TABLE.name}: {len(text.encode())} bytes, {text.count(chr(10) + '{')} features")
    if missing:
        print(f"not in the data: {', '.join(sorted(missing))}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
