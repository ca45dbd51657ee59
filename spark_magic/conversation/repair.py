"""JSON that is not as it should be: what the model is told of it, what the user, and how it fails in the end."""

from ..errors import AnswerInvalid
from ..events import Notice, Usage
from ..formats import Form, Invalid
from ..messages import say
from .judged import Judge, Refused, Taken


def judge_of(form: Form) -> Judge | None:
    """Return who looks at an answer of that form: nobody, but for JSON."""
    return (lambda text, usage: _verdict(form, text, usage)) if form.format == "json" else None


def _verdict(form: Form, text: str, usage: Usage | None) -> Taken | Refused:
    try:
        return Taken(form.data_of(text))
    except Invalid as wrong:
        problems = wrong.problems
    listed = "\n".join(f"- {problem.path}: {problem.message}" for problem in problems)
    path, what = problems[0].path, problems[0].message
    tokens = {} if usage is None else {"prompt": usage.prompt_tokens, "completion": usage.completion_tokens}
    return Refused(
        say("format.repair", problems=listed),
        Notice("note.both_billed" if tokens else "note.asked_once_more", {"path": path, "problem": what, **tokens}),
        AnswerInvalid("answer.invalid", path=path, problem=what),
    )
