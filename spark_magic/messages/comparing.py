"""Several models beside each other."""

from typing import Final

COMPARING: Final[dict[str, tuple[str, str]]] = {
    "help.models": (
        "alias of the model: lite, pro, max, ultra, x1, x2 …; sandbox needs no account;"
        " several, ultra,x2,lite: their answers side by side",
        "模型别名：lite、pro、max、ultra、x1、x2 等；sandbox 不需要账号；写多个（ultra,x2,lite）则并排显示各自的回答",
    ),
    "help.keep": (
        "of several models: the one whose answer joins the conversation (none)",
        "多个模型时：把哪一个的回答记入对话（默认都不记入）",
    ),
    "label.models": ("{count} models", "{count} 个模型"),
    "note.models_failed": (
        "Not in the result, because it failed: {aliases}.",
        "失败的模型不在结果中：{aliases}。",
    ),
    "interrupted.kept": (
        "Stopped. What came so far stays above; the answer of {kept} was complete and is remembered.",
        "已停止。已收到的部分保留在上方；{kept} 的回答已经完整，已记入对话。",
    ),
    "usage.no_alias": (
        "a model is missing beside a comma; no blanks between them: ultra,x2,lite",
        "逗号旁缺少模型；多个模型之间不加空格：ultra,x2,lite",
    ),
    "usage.many_models": ("{count} models are too many: {most} at most", "{count} 个模型太多：最多 {most} 个"),
    "usage.one_model": (
        "it takes one model; several, side by side: %%spark -m ultra,x2,lite",
        "这里只接受一个模型；并排比较多个模型：%%spark -m ultra,x2,lite",
    ),
    "usage.same_model": (
        "-m/--model: {alias} is named twice, maybe by its older name: each model answers once.",
        "-m/--model：{alias} 出现了两次（可能用了旧名称）：每个模型只回答一次。",
    ),
    "usage.keep_whom": (
        "--keep: {alias} is none of the models that are asked: {aliases}.",
        "--keep：{alias} 不在所问的模型中：{aliases}。",
    ),
    "usage.keep_of_one": (
        "--keep is for several models (-m ultra,x2,lite): the answer of one alone is remembered anyway.",
        "--keep 用于多个模型（-m ultra,x2,lite）：单个模型的回答本来就会记入对话。",
    ),
    "usage.keep_nothing": (
        "--keep and --no-history exclude each other: leave one of them out.",
        "--keep 与 --no-history 相互矛盾：请去掉其中一个。",
    ),
    "usage.one_at_a_time": (
        "{option} goes with one model at a time; -m names several.",
        "{option} 一次只能用一个模型；-m 给出了多个。",
    ),
}
