from odoo import models
from odoo.exceptions import UserError
from psycopg2 import Error as DatabaseError

from ..tools.errors import describe_error, is_collision
from ..tools.import_rows import Verdict, find_repeats

#: Nobody is mailed or made a follower, and no chatter says of ten thousand leads that they were created.
QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_auto_subscribe_no_notify": True,
}


class FunnelImportJudgeMixin(models.AbstractModel):
    """How rows become leads: through the gate, like everything else; whatever is refused becomes a verdict.

    A batch without errors is created at once. What the gate refuses it names, so the rest of the batch is created
    without it; where something else fails, the batch is halved until only the guilty rows are left.
    """

    _name = "funnel.import.judge.mixin"
    _description = "Judge of an Import"

    def _create_leads(self, rows):
        """Create the leads of the next rows, and return what has become of each of them.

        :param rows: pairs of a number and a list of cells, in their order
        :rtype: list[Verdict]
        """
        prepared = self._prepare_rows(rows)
        refused = {row.number: "\n".join(row.problems) for row in prepared if row.problems}
        sound = [row for row in prepared if not row.problems]
        keys = frozenset().union(*(row.key_set for row in sound))
        earlier = self.env["funnel.import.row"].sudo()._find_earlier(self, keys) if keys else {}
        # the leads of earlier rows are known as well: who is among those rows is not looked up
        histories = self._find_known_clients([row for row in sound if row.key_set.isdisjoint(earlier)])
        words = self._describe_known_clients(histories)
        fresh = [row for row in sound if self.allow_known or row.number not in words]
        created, repeats = self._create_fresh(fresh, earlier, refused)
        verdicts = {number: Verdict(number, "invalid", text) for number, text in refused.items()}
        for row in sound:
            number, known = row.number, words.get(row.number)
            if number in created:
                verdicts[number] = Verdict(number, "created", known, created[number])
            elif number in repeats:
                text = self.env._("The same client as in row %s.", repeats[number])
                verdicts[number] = Verdict(number, "duplicate_row", text)
            elif number not in verdicts:
                verdicts[number] = Verdict(number, "duplicate_known", known)
        return [verdicts[number] for number, _cells in rows]

    def _create_fresh(self, rows, earlier, refused):
        """Create a lead of each client in rows.

        Who comes into question depends on who is refused: the second row of a client gets its turn if the first one
        was invalid.

        :param dict earlier: the numbers of earlier rows by the keys of their clients
        :param dict refused: why rows are refused, by number, extended here
        :returns: the ids of leads by the numbers of their rows, and the number of the other row by those of the rows
            that repeat one
        """
        created, repeats = {}, {}
        while rows:
            repeats = find_repeats(rows, earlier)
            chosen = [row for row in rows if row.number not in repeats]
            self._share_out(chosen)
            leads, wrong = self._create_chosen(chosen)
            created |= leads
            refused |= wrong
            if not wrong:
                break
            earlier = earlier | {key: row.number for row in chosen if row.number in leads for key in row.key_set}
            rows = [row for row in rows if row.number in repeats]
        return created, repeats

    def _share_out(self, rows):
        """Give the leads of rows salespeople in turn, unless the table says whose they are."""
        people, common = self.salesperson_ids.ids, self._get_common_values()
        # where other workers have got to is not known: each batch begins with whose turn it is at its first row
        first = rows[0].number - self.header_row - 1 if rows else 0
        for turn, row in enumerate(rows, first):
            shared = {"user_id": people[turn % len(people)] if people else False}
            row.vals = {**common, **shared, **row.vals}

    def _get_common_values(self):
        """Return what all leads of the import have in common."""
        cold_list = self.list_id
        return {
            "funnel_list_id": cold_list.id,
            "team_id": cold_list.team_id.id,
            "type": "lead",
            "source_id": cold_list.source_id.id,
            "campaign_id": cold_list.campaign_id.id,
        }

    def _create_chosen(self, rows):
        """Create the leads of rows; what cannot be is left out.

        :returns: the ids of leads, and why there is none, by the numbers of the rows
        """
        if not rows:
            return {}, {}
        try:
            with self.env.cr.savepoint():
                leads = self.env["crm.lead"].create([row.vals for row in rows])
            return dict(zip((row.number for row in rows), leads.ids, strict=True)), {}
        except (UserError, DatabaseError) as error:
            if is_collision(error):
                raise
            refusals = getattr(error, "funnel_refusals", {})
            if refusals and error.funnel_batch_size == len(rows):
                wrong = {rows[place].number: text for place, text in refusals.items()}
                leads, more = self._create_chosen([row for row in rows if row.number not in wrong])
                return leads, wrong | more
            if len(rows) == 1:
                return {}, {rows[0].number: describe_error(error)}
        half = len(rows) // 2
        leads, wrong = self._create_chosen(rows[:half])
        more_leads, more_wrong = self._create_chosen(rows[half:])
        return leads | more_leads, wrong | more_wrong
