"""Data sets on disk or at a URL: layouts, mirrors, checks (doctor) and synthetic demo data.

Public names are imported when they are first used, so that worker processes do not import pandas.
"""

from ..utils.lazy_import import lazy_exports

_EXPORTS = {
    "DEFAULT_STEMS": ".layouts.stems",
    "LAYOUTS": ".layouts",
    "NOISE_FOLDER": ".layouts.shared",
    "SONGS_FOLDER": ".layouts.stems",
    "DataSet": ".dataset",
    "Inventory": ".dataset",
    "Layout": ".dataset",
    "find_audio": ".files",
    "is_data_set": ".layouts",
    "is_url": ".remote",
    "local_data": ".remote",
    "read_csv_text": ".csv_table",
    "read_data": ".layouts",
    "url_within": ".remote",
}
__all__ = [*_EXPORTS]
__getattr__, __dir__ = lazy_exports(__name__, _EXPORTS)
