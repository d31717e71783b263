"""When a field counts as filled in."""

from markupsafe import Markup, escape
from odoo.tools import is_html_empty

#: Field types that cannot be demanded: a boolean is never "not answered"; use a selection instead.
UNDEMANDABLE_TYPES = frozenset({"boolean", "json", "properties_definition"})
#: The same for the questions of a questionnaire: lead properties, some of which are no questions at all.
UNDEMANDABLE_PROPERTIES = frozenset({"boolean", "separator"})


def is_missing(field_type, value):
    """Tell whether ``value`` counts as not filled in.

    :param str field_type: the Odoo type of the field
    :param value: the value as read from a record
    :rtype: bool

    Zero is missing, blank text is missing, and so is rich text without words:

    >>> is_missing("monetary", 0.0), is_missing("integer", 3)
    (True, False)
    >>> is_missing("char", "   "), is_missing("char", "Anna")
    (True, False)
    >>> is_missing("html", "<p><br></p>"), is_missing("html", "<p>Needs a kitchen</p>")
    (True, False)
    >>> is_missing("selection", False), is_missing("selection", "no")
    (True, False)
    """
    if field_type == "html":
        return is_html_empty(value)
    if field_type in ("char", "text"):
        return not (value and value.strip())
    return not value


def fill_in(template, names):
    """Return rich text with names in the place of their placeholders.

    Nothing in the text is evaluated: whatever stands in the names stays text.

    :param str template: rich text, or False
    :param dict names: what stands in the place of each placeholder; an unknown name leaves an ellipsis
    :rtype: markupsafe.Markup or False

    >>> fill_in("<p>Hello, {client}! This is {salesperson}.</p>", {"{client}": "<b>Ivan</b>", "{salesperson}": False})
    Markup('<p>Hello, &lt;b&gt;Ivan&lt;/b&gt;! This is ….</p>')
    """
    if is_html_empty(template):
        return False
    text = str(template)
    for placeholder, name in names.items():
        text = text.replace(placeholder, str(escape(name or "…")))
    return Markup(text)
