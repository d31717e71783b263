from collections import defaultdict
from operator import itemgetter

from markupsafe import Markup
from odoo import api, models
from odoo.fields import Domain

from ..tools.client_keys import client_keys
from ..tools.import_headers import NAME_PARTS, normalise
from ..tools.import_rows import Row
from ..tools.import_values import (
    BadValue,
    clean_phone,
    is_blank,
    read_clients,
    read_date,
    read_datetime,
    read_emails,
    read_number,
    read_phones,
    split_names,
)
from ..tools.options import OPTION_FIELDS, of_list

#: The fields of a lead that a table can fill. Dates and amounts of contracts, decisions and results are none of them:
#: a cold client has none.
IMPORTED_FIELDS = (
    *("name", "contact_name", "partner_name", "phone", "email_from", "function", "website", "description"),
    *("source_id", "medium_id", "campaign_id", "user_id", "tag_ids", "lang_id", "preferred_channel"),
    *("city", "street", "address_house", "address_flat", "address_entrance", "address_floor", "zip"),
    *("state_id", "country_id", "expected_revenue", "need_description", "price_needs"),
    *("deal_type_id", "product_type_id", "client_status_id", "general_need_ids", "key_need_ids"),
    *("customer_kind_id", "supply_preference_id", "equipment_category_ids"),
)
#: How much of a value is quoted, and how many of the values that are possible are named.
LONGEST_QUOTE, MOST_NAMED = 60, 8
#: Without any of these nobody would know whom a lead is about.
TELLING_FIELDS = ("name", "contact_name", "partner_name", "phone", "email_from")


class FunnelImportValueMixin(models.AbstractModel):
    """What the rows of a table say about leads: a row of text becomes the values of a lead, or a reason why not.

    What is looked up by name is looked up for the whole batch at once.
    """

    _name = "funnel.import.value.mixin"
    _description = "Values of an Import"

    def _prepare_rows(self, rows):
        """Return rows of text as values of leads.

        :param rows: pairs of a number and a list of cells
        :rtype: list[Row]
        """
        columns = self._get_columns()
        readers = self._get_readers({"contact_name", *(target for _position, target, _header in columns)})
        return [self._prepare_row(number, cells, columns, readers) for number, cells in rows]

    def _get_columns(self):
        """Return the columns that go into something: their places, their targets and their headers."""
        return [(column.position, column.target, column.header) for column in self.column_ids if column.target]

    def _find_keys(self, rows):
        """Return by what the clients in rows of text are found: the number of each row, its cells, and its keys."""
        columns = [column for column in self._get_columns() if column[1] in ("phone", "email_from")]
        found = []
        for number, cells in rows:
            row = Row(number)
            self._read_clients(row, self._collect_texts(cells, columns), [])
            found.append((number, cells, row.keys))
        return found

    @api.model
    def _collect_texts(self, cells, columns):
        """Return what a row says: pairs of a header and a text by target."""
        texts = defaultdict(list)
        for position, target, header in columns:
            text = cells[position] if position < len(cells) else ""
            if not is_blank(text):
                texts[target].append((header, text))
        return texts

    def _prepare_row(self, number, cells, columns, readers):
        """Return one row of text as the values of a lead."""
        row, texts = Row(number), self._collect_texts(cells, columns)
        self._put_names_together(texts)
        notes = texts.pop("description", [])
        self._read_clients(row, texts, notes)
        for target, found in texts.items():
            text = "; ".join(dict.fromkeys(text for _header, text in found))
            try:
                row.vals[target] = readers[target](text)
            except BadValue as error:
                row.problems.append(self._describe_problem(target, text, error.expected))
        if notes:
            row.vals["description"] = self._write_notes(notes)
        if not (row.problems or any(row.vals.get(name) for name in TELLING_FIELDS)):
            row.problems.append(self.env._("Neither a name nor a phone number nor an email address: nobody to call."))
        return row

    @api.model
    def _put_names_together(self, texts):
        """Make one name of its parts, and keep the name of a contact apart from that of a company."""
        parts = [text for part in NAME_PARTS for _header, text in texts.pop(part, ())]
        if parts and not texts["contact_name"]:
            texts["contact_name"] = [("", " ".join(parts))]
        names = texts.pop("contact_name", [])
        if names:
            texts["contact_name"] = [("", ", ".join(dict.fromkeys(text for _header, text in names)))]

    def _read_clients(self, row, texts, notes):
        """Read phone numbers and e-mail addresses; what is neither is kept as a note, if another one can be used."""
        # as the lead asks for them itself: what has been read once is remembered
        regions, bad, usable = (False, (self.company_id or self.env.company).country_id.code), [], False
        for target, read, clean in (("phone", read_phones, clean_phone), ("email_from", read_emails, str.strip)):
            found = texts.pop(target, [])
            good, wrong = read_clients([text for _header, text in found], read, regions)
            if good:
                row.vals[target] = ", ".join(map(clean, good))
                usable = True
            bad += [(target, text) for text in wrong]
        for target, text in bad:
            if usable:
                notes.append((self._get_label(target), text))
            else:
                row.problems.append(self._describe_problem(target, text, target))
        row.keys = client_keys(row.vals.get("phone"), row.vals.get("email_from"), regions) or None

    @api.model
    def _write_notes(self, notes):
        """Return remarks as rich text; what columns they come from is said where there are several."""
        lines = []
        for header, text in dict.fromkeys(notes):
            text = Markup("<br>").join(text.splitlines())
            lines.append(Markup("<p>%s: %s</p>") % (header, text) if len(notes) > 1 else Markup("<p>%s</p>") % text)
        return Markup("").join(lines)

    # ------------------------------------------------------------
    # READERS
    # ------------------------------------------------------------

    def _get_readers(self, targets):
        """Return a function of a text for each field, which gives its value or raises :class:`BadValue`."""
        Lead, readers = self.env["crm.lead"], {}
        simple = {
            **dict.fromkeys(("char", "text"), str),
            **dict.fromkeys(("float", "monetary"), read_number),
            "integer": lambda text: round(read_number(text)),
            "html": lambda text: self._write_notes([("", text)]),
            "date": read_date,
            "datetime": read_datetime,
        }
        for target in targets & Lead._fields.keys():
            field = Lead._fields[target]
            if field.type == "selection":
                readers[target] = self._get_choice_reader(field)
            elif field.type == "many2one":
                readers[target] = self._get_name_reader(target, self._find_names(target))
            elif field.type == "many2many":
                readers[target] = self._get_names_reader(target, self._find_names(target))
            else:
                readers[target] = simple[field.type]
        return readers

    def _get_choice_reader(self, field):
        labels = dict(field._description_selection(self.env))
        known = {normalise(str(text)): key for key, label in labels.items() for text in (key, label)}
        return lambda text: self._choose(known, text, labels.values())

    def _get_name_reader(self, target, known):
        names = list(dict.fromkeys(map(itemgetter(1), known.values())))
        ids = {spelling: record_id for spelling, (record_id, _name) in known.items()}
        return lambda text: self._choose(ids, text, names)

    def _get_names_reader(self, target, known):
        if target == "tag_ids":
            return lambda text: self._link_tags(known, split_names(text))
        read = self._get_name_reader(target, known)
        return lambda text: [(6, 0, [read(name) for name in split_names(text)])]

    @api.model
    def _choose(self, known, text, names):
        """Return the one of known values that a text means.

        :raises BadValue: with what it could have been
        """
        spelling = normalise(text)
        if spelling not in known:
            some = ", ".join(sorted(map(str, names))[:MOST_NAMED])
            raise BadValue(f"{some}, …" if len(names) > MOST_NAMED else some or "known")
        return known[spelling]

    def _link_tags(self, known, names):
        """Return the commands that tag a lead; tags that nobody has used yet are made."""
        for name in names:
            if normalise(name) not in known:  # once for each new tag, however many rows have it
                tag = self.env["crm.tag"].create({"name": name})
                known[normalise(name)] = tag.id, tag.name
        return [(6, 0, [known[normalise(name)][0] for name in names])]

    def _find_names(self, target):
        """Return what a field can refer to: pairs of id and name by normalised name, in both languages."""
        field = self.env["crm.lead"]._fields[target]
        Model, names = self.env[field.comodel_name], self._get_name_fields(field.comodel_name)
        records = Model.search_fetch(self._get_target_domain(target), names)
        found = {}
        for lang in dict.fromkeys((self.env.lang, "en_US")):
            for record in records.with_context(lang=lang):
                for name in names:
                    if record[name]:
                        found.setdefault(normalise(record[name]), (record.id, record[names[0]]))
        return found

    @api.model
    def _get_name_fields(self, model):
        """Return the fields by which records are found, the one that is shown first."""
        more = {
            "res.users": ["login"],
            "res.lang": ["code", "iso_code"],
            **dict.fromkeys(("res.country", "res.country.state"), ["code"]),
            **dict.fromkeys(("utm.source", "utm.medium"), ["label"]),
        }
        return ["name", *more.get(model, ())]

    def _get_target_domain(self, target):
        """Return the domain over what a field of a lead of this import can refer to."""
        company = self.company_id or self.env.company
        if target == "user_id":
            return [("share", "=", False), ("company_ids", "in", company.ids)]
        if target == "state_id":
            return [("country_id", "=", company.country_id.id)]
        if target in OPTION_FIELDS:
            return Domain(of_list(target)) & Domain("team_ids", "in", [False, self.list_id.team_id.id])
        return []

    # ------------------------------------------------------------
    # WORDS
    # ------------------------------------------------------------

    @api.model
    def _get_label(self, target):
        return dict(self.env["funnel.import.column"]._selection_target()).get(target, target)

    def _describe_problem(self, target, text, expected):
        """Return what is wrong with a value, and what was expected."""
        quote = text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…"
        words = {
            "phone": self.env._("a phone number with all of its digits, such as +7 912 345-67-89"),
            "email_from": self.env._("an email address, such as name@example.com"),
            "number": self.env._("a number, such as 12000.50"),
            "date": self.env._("a date, such as 31.12.2026"),
            "known": self.env._("something that is known here; nothing is yet"),
        }
        return self.env._(
            "%(field)s: “%(value)s” cannot be used. Expected: %(expected)s.",
            field=self._get_label(target),
            value=quote,
            expected=words.get(expected) or self.env._("one of %s", expected),
        )
