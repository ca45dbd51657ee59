"""How far a long run over many rows is, and how it has ended."""

from typing import Final

PROGRESS: Final[dict[str, tuple[str, str]]] = {
    "label.progress.rows.one": ("{count} row", "{count} 行"),
    "label.progress.rows": ("{count} rows", "{count} 行"),
    "label.progress.done": ("{done} of {rows}", "{done} / {rows}"),
    "label.progress.answered": ("{count} answered", "已回答 {count} 行"),
    "label.progress.failed": ("{count} failed", "失败 {count} 行"),
    "label.progress.journalled": ("{count} from the journal", "取自日志 {count} 行"),
    "label.progress.skipped": ("{count} skipped", "跳过 {count} 行"),
    "label.progress.repeated": ("{count} asked again after a worker died", "因工作进程中断重问 {count} 行"),
    "label.progress.tokens.one": ("{count} token", "{count} token"),
    "label.progress.tokens": ("{count} tokens", "{count} token"),
    "label.progress.rate": ("{rate} rows/s", "{rate} 行/秒"),
    "label.progress.slow_rate": ("{rate} rows/min", "{rate} 行/分钟"),
    "label.progress.left": ("{time} left", "剩余 {time}"),
    "label.progress.at_once": ("slowed to {count} at once", "已降速：同时 {count} 个请求"),
    "label.progress.a_second": ("slowed to {rate} a second", "已降速：每秒 {rate} 个请求"),
    "label.progress.both": (
        "slowed to {count} at once, {rate} a second",
        "已降速：同时 {count} 个请求，每秒 {rate} 个",
    ),
    "label.progress.unit": ("row", "行"),  # a terminal's bar counts in it: 15.8row/s
    "label.time.minutes": ("{minutes} min", "{minutes} 分钟"),
    "label.time.minutes_seconds": ("{minutes} min {seconds} s", "{minutes} 分 {seconds} 秒"),
    "label.time.hours": ("{hours} h", "{hours} 小时"),
    "label.time.hours_minutes": ("{hours} h {minutes} min", "{hours} 小时 {minutes} 分"),
    "shown.progress.complete": ("{rows} in {time}", "{rows}，用时 {time}"),
    "shown.progress.details": ("{sentence}: {details}", "{sentence}：{details}"),
    "shown.progress.stopped": ("stopped: {kept}", "已停止：{kept}"),
    "shown.progress.raised": ("ended at a row that failed: {kept}", "因有一行失败而中止：{kept}"),
    "shown.progress.failed": ("ended by an error: {kept}", "因错误而中止：{kept}"),
    "shown.progress.kept": (
        "{done} of {rows} are done and kept; {again} for the rest",
        "{rows}中已完成 {done} 行并已保存；{again}即可继续",
    ),
    "shown.progress.kept.one": (
        "1 of {rows} is done and kept; {again} for the rest",
        "{rows}中已完成 1 行并已保存；{again}即可继续",
    ),
    "shown.progress.kept.none": ("no row is done yet; {again} to go on", "尚未完成任何一行；{again}即可继续"),
    "shown.progress.kept.all": (
        "every row is done and kept; {again} for the result",
        "所有行均已完成并保存；{again}即可得到结果",
    ),
    "label.progress.again": ("{again} to ask {count} of the failed again", "{again}会重问失败的 {count} 行"),
    "label.progress.cut": ("{count} cut short", "截断 {count} 行"),
    "label.progress.flagged": ("{count} flagged", "审核提示 {count} 行"),
    "label.progress.retry_cell": ("add --retry-failed", "加上 --retry-failed "),
    "label.progress.retry_call": ("pass retry_failed=True", "传入 retry_failed=True "),
    "label.progress.run_cell": ("run the cell again", "再次运行本单元格"),
    "label.progress.run_call": ("run it again", "再次运行"),
    "label.progress.skip_cell": (
        "add --errors keep",
        "加上 --errors keep 再运行",
    ),
    "label.progress.skip_call": (
        "pass errors='keep'",
        "传入 errors='keep' 再运行",
    ),
}
