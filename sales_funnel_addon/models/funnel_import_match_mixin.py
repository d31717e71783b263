from datetime import datetime

from odoo import api, models

from ..tools.repeat_clients import History, Request, find_histories

#: How many earlier requests and contacts of a client are named; the rest is counted.
MOST_TOLD = 3


class FunnelImportMatchMixin(models.AbstractModel):
    """Which of the clients in a table are known already, and what whoever imports them is told of that.

    What the importer may not open is told of by who has worked with the client and how it ended, and by nothing else.
    """

    _name = "funnel.import.match.mixin"
    _description = "Known Clients in an Import"

    def _find_known_clients(self, rows):
        """Return what is known about the clients of rows: a history by the number of the row, found all at once.

        :param rows: rows as :meth:`_prepare_rows` returns them
        """
        Lead = self.env["crm.lead"].sudo()  # also what the importer may not open; what is told of it is decided below
        keys = frozenset().union(*(row.key_set for row in rows))
        if not keys:
            return {}
        # whatever is there was there before a row that is no lead yet, also what came within the same second
        asked = [Request(-row.number, row.key_set, datetime.max, self.company_id.id) for row in rows if row.keys]
        Lead._flush_clients()
        found = find_histories(asked, *Lead._find_known(keys))
        own = {False, None, *self.env.user.sudo().company_ids.ids}
        told = {
            -number: History(
                tuple(item for item in history.requests if item.company_id in own),
                tuple(item for item in history.contacts if item.company_id in own),
            )
            for number, history in found.items()
        }
        return {number: history for number, history in told.items() if history}

    def _describe_known_clients(self, histories):
        """Return histories in words, by the same keys; what they name is read at once.

        :param dict histories: as :meth:`_find_known_clients` returns them
        """
        if not histories:
            return {}
        Lead = self.env["crm.lead"].with_context(active_test=False)
        names = Lead._get_history_names(histories)
        lead_ids = [item.id for history in histories.values() for item in history.requests]
        contact_ids = [item.id for history in histories.values() for item in history.contacts]
        leads = {lead.id: lead.name for lead in Lead.search_fetch([("id", "in", lead_ids)], ["name"])}
        partners = self.env["res.partner"].with_context(active_test=False)
        contacts = {one.id: one.name for one in partners.search_fetch([("id", "in", contact_ids)], ["name"])}
        return {key: self._describe_known_client(history, names, leads, contacts) for key, history in histories.items()}

    @api.model
    def _describe_known_client(self, history, names, leads, contacts):
        """Return who the client is known as, the latest request first."""
        people = names["res.users"]
        lines = []
        for item in reversed(history.requests[-MOST_TOLD:]):
            values = {
                "title": leads.get(item.id),
                "who": people.get(item.user_id) or self.env._("nobody"),
                "outcome": self.env["crm.lead"]._describe_outcome(item, names),
            }
            if item.id in leads:
                lines.append(self.env._("“%(title)s”, with %(who)s (%(outcome)s)", **values))
            else:
                lines.append(self.env._("a request with %(who)s (%(outcome)s)", **values))
        for item in history.contacts[:MOST_TOLD]:
            values = {"name": contacts.get(item.id), "who": people.get(item.user_id) or self.env._("nobody")}
            if item.id in contacts:
                lines.append(self.env._("the contact “%(name)s”, with %(who)s", **values))
            else:
                lines.append(self.env._("a contact, with %(who)s", **values))
        rest = max(len(history.requests) - MOST_TOLD, 0) + max(len(history.contacts) - MOST_TOLD, 0)
        if rest:
            lines.append(self.env._("and %s more", rest))
        return self.env._("Known already: %s", "; ".join(lines))
