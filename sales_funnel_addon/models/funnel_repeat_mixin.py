from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.client_keys import contact_key, read_contact_key, rows_with_keys
from ..tools.lead_moves import GateBatch
from ..tools.repeat_clients import Contact, History, Request, find_histories

#: The kinds of funnels into which clients come by themselves.
INTAKE_KINDS = ("lead", "deal")
#: What comes after all leads that are saved.
NOT_SAVED = 2**31
#: What matching depends on; the rest of a lead may change without another look at its client.
MATCHED_FIELDS = frozenset({"phone", "email_from", "partner_id", "country_id", "company_id", "team_id"})


class FunnelRepeatMixin(models.AbstractModel):
    """Repeat clients: whether the client of a lead was known before, by phone number, e-mail address or contact.

    All leads and contacts count, also lost, archived and closed ones, whoever may see them; only what other companies
    know stays theirs. Matching a batch of leads takes a number of queries that does not depend on its size.
    """

    _name = "funnel.repeat.mixin"
    _inherit = ["funnel.client.mixin"]
    _description = "Repeat Clients"

    is_repeat_client = fields.Boolean(
        "Repeat Client",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The client was known before, as an earlier request or as a contact.",
    )
    matched_keys = fields.Char(
        readonly=True, copy=False, help="By which phone numbers, email addresses and contact the client was matched."
    )
    client_date = fields.Datetime(
        "Client Since", readonly=True, copy=False, help="When the lead got another client. Empty: since its creation."
    )
    repeat_approved_by_id = fields.Many2one(
        "res.users",
        "Conversion Allowed By",
        ondelete="set null",
        readonly=True,
        copy=False,
        help="Who has allowed to convert the lead although its client is a colleague's.",
    )

    # ------------------------------------------------------------
    # ORM
    # ------------------------------------------------------------

    @api.model
    def _get_client_fields(self):
        return "phone", "email_from"

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        leads._match_clients()
        return leads

    def write(self, vals):
        result = super().write(vals)
        # stock code that writes lead by lead has its clients matched together in the end
        is_batch = isinstance(self.env.context.get("funnel_gate_batch"), GateBatch)
        if not (is_batch or MATCHED_FIELDS.isdisjoint(vals)):
            self._match_clients()
        return result

    def unlink(self):
        keys = set().union(*(lead._get_all_keys() for lead in self.sudo()))
        result = super().unlink()
        if keys:
            self._get_leads_with_keys(keys).filtered("is_repeat_client")._mark_repeat_clients()
        return result

    # ------------------------------------------------------------
    # MATCHING
    # ------------------------------------------------------------

    def _match_clients(self):
        """Mark those of the leads whose client is new to them and was known before, and tell who has to know.

        Leads whose client has not changed since are passed over. When one changes, the other leads of the former and
        of the new client are looked at again.
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        funnel_ids = {funnel.id for funnel in rules.funnels.values() if funnel.kind in INTAKE_KINDS}
        # whoever may see the leads: the client is the same
        leads = self.sudo().filtered(lambda lead: lead.team_id.id in funnel_ids)
        fresh, rows, touched = [], [], set()
        matched_keys = self._fields["matched_keys"]
        for lead in leads:
            old, new = set((lead.matched_keys or "").split()), lead._get_all_keys()
            if old == new:
                continue
            text = " ".join(sorted(new))
            if lead.create_date == self.env.cr.now() and not old:
                matched_keys.write(lead, text)  # with the rest of a new lead, which is not written yet
                fresh.append(lead.id)
            else:
                rows.append((lead.id, text or None, None if old & new else self.env.cr.now()))
                touched |= old ^ new
        if not (fresh or rows):
            return
        self._note_matched(rows)
        concerned = leads.browse([*fresh, *(row[0] for row in rows)])
        if touched:
            concerned |= self._get_leads_with_keys(touched).filtered(lambda lead: lead.team_id.id in funnel_ids)
        concerned._mark_repeat_clients()

    def _get_all_keys(self):
        """Return by what the client of this lead is found: phone numbers, e-mail addresses, and the contact."""
        return {*(self.client_keys or "").split(), *contact_key(self.partner_id.id)}

    def _note_matched(self, rows):
        """Write by what leads are being matched, in one statement; a permission to convert was for another client.

        :param rows: tuples of the id of a lead, its keys as text, and since when it has another client, if it has
        """
        values = SQL(", ").join(SQL("(%s, %s, %s::timestamp)", *row) for row in rows)
        if not values:
            return
        self.flush_model(["matched_keys", "client_date", "repeat_approved_by_id"])
        self.env.cr.execute(
            SQL(
                """UPDATE crm_lead AS lead SET matched_keys = new.keys,
                          client_date = COALESCE(new.since, lead.client_date),
                          repeat_approved_by_id = CASE WHEN new.since IS NULL THEN lead.repeat_approved_by_id END
                     FROM (VALUES %s) AS new (id, keys, since) WHERE lead.id = new.id""",
                values,
            )
        )
        written = self.browse(row[0] for row in rows)
        written.invalidate_recordset(["matched_keys", "client_date", "repeat_approved_by_id"], flush=False)

    def _mark_repeat_clients(self):
        """Set the sign on leads whose client was known before, take it off the others, tell who has to know."""
        histories = self._get_client_histories()
        changed = self.filtered(lambda lead: lead.is_repeat_client != bool(histories[lead.id]))
        for is_repeat, leads in changed.grouped(lambda lead: not lead.is_repeat_client).items():
            leads._write_beside_gate({"is_repeat_client": is_repeat})
        changed._follow_with_tasks({"is_repeat_client"})
        self.filtered("is_repeat_client")._tell_of_repeat_clients(histories)

    def _write_beside_gate(self, vals):
        """Write what is nobody's to write, so that the gate drops it, and what never makes a move."""
        return super().write(vals)

    def _get_leads_with_keys(self, keys):
        """Return the open leads of the clients with these keys, with all rights."""
        condition = self._get_keys_condition(keys)
        self._flush_clients()
        query = SQL("SELECT id FROM crm_lead WHERE %s AND active AND won_status = 'pending'", condition)
        return self.sudo().browse(lead_id for (lead_id,) in self.env.execute_query(query))

    # ------------------------------------------------------------
    # HISTORIES
    # ------------------------------------------------------------

    def _get_client_histories(self):
        """Return what was known about the clients of these leads before them, whoever asks.

        :returns: a :class:`~sales_funnel_addon.tools.repeat_clients.History` by lead id
        :rtype: dict
        """
        leads = self.sudo()  # also what the reader may not open; what of it is told is decided where it is told
        asked = [lead._prepare_request(number) for number, lead in enumerate(leads, NOT_SAVED)]
        keys = set().union(*(request.keys for request in asked))
        if not keys:
            return {lead.id: History() for lead in self}
        self._flush_clients()
        found = find_histories(asked, *self._find_known(keys))
        return {lead.id: found[request.id] for lead, request in zip(self, asked, strict=True)}

    def _prepare_request(self, number):
        """Return this lead for matching; a lead that is not saved yet goes by ``number``."""
        return Request(
            self._origin.id or number,
            frozenset(self._get_all_keys()),
            self.client_date or self.create_date or self.env.cr.now(),
            self.company_id.id,
            self.user_id.id,
            self.partner_id.commercial_partner_id.id,
        )

    @api.model
    def _flush_clients(self):
        """Write what the statements below read."""
        self.env["res.partner"].flush_model(["client_keys", "user_id", "company_id", "commercial_partner_id"])
        # all of it, not only what is read: the rest of new leads would be written again, in as many statements
        self.flush_model()

    @api.model
    def _get_keys_condition(self, keys):
        """Return the condition over the rows of leads that share a key; both of its sides have an index."""
        texts, partner_ids = self._split_keys(keys)
        found = SQL("id = ANY(%s)", rows_with_keys(self._table, texts))
        return SQL("(%s OR partner_id = ANY(%s))", found, partner_ids) if partner_ids else found

    @api.model
    def _split_keys(self, keys):
        """Return the keys that are numbers and addresses, and the ids of the contacts among them."""
        contact_ids = {key: read_contact_key(key) for key in keys}
        texts = sorted(key for key, contact_id in contact_ids.items() if contact_id is None)
        return texts, sorted(contact_ids[key] for key in keys - set(texts))

    @api.model
    def _find_known(self, keys):
        """Return all leads and all contacts that share any of the keys, read at once; colleagues are no clients."""
        rows = self.env.execute_query(SQL("%s UNION ALL %s", self._select_requests(keys), self._select_contacts(keys)))
        names = ("team_id", "stage_id", "won_status", "active", "lost_reason_id", "first", "last")
        requests = [
            Request(
                lead_id,
                frozenset([*(own or "").split(), *contact_key(partner_id)]) & keys,
                since,
                company_id,
                user_id,
                facts=dict(zip(names, facts, strict=True)),
            )
            for kind, lead_id, own, since, company_id, user_id, partner_id, *facts in rows
            if kind == "request"
        ]
        return requests, self._read_contacts_with_keys(rows, keys)

    @api.model
    def _find_known_contacts(self, keys):
        """Return all contacts that share any of the keys, read at once; colleagues are no clients."""
        return self._read_contacts_with_keys(self.env.execute_query(self._select_contacts(keys)), keys)

    @api.model
    def _read_contacts_with_keys(self, rows, keys):
        return [
            Contact(contact_id, frozenset([*(own or "").split(), *contact_key(contact_id)]) & keys, *facts[:4])
            for kind, contact_id, own, *facts in rows
            if kind == "contact"
        ]

    @api.model
    def _select_requests(self, keys):
        return SQL(
            """SELECT 'request', id, client_keys, COALESCE(client_date, create_date), company_id, user_id, partner_id,
                      team_id, stage_id, won_status, active, lost_reason_id, create_date,
                      COALESCE(date_closed, date_last_stage_update, create_date)
                 FROM crm_lead WHERE %s""",
            self._get_keys_condition(keys),
        )

    @api.model
    def _select_contacts(self, keys):
        """Return the query of contacts, with as many columns as that of leads."""
        texts, partner_ids = self._split_keys(keys)
        found = SQL("id = ANY(%s)", rows_with_keys("res_partner", texts))
        return SQL(
            """SELECT 'contact', id, client_keys, create_date, company_id, user_id, commercial_partner_id,
                      NULL::int, NULL::int, NULL, NULL::bool, NULL::int, NULL::timestamp, NULL::timestamp
                 FROM res_partner AS partner
                WHERE %s AND NOT EXISTS (SELECT FROM res_users WHERE partner_id = partner.id AND share IS NOT TRUE)""",
            SQL("(%s OR id = ANY(%s))", found, partner_ids) if partner_ids else found,
        )

    # ------------------------------------------------------------
    # TELLING
    # ------------------------------------------------------------

    def _tell_of_repeat_clients(self, histories):
        """Let the role that the funnel names know of clients of somebody else, once for each lead, and all together.

        :param dict histories: what was known about the clients, by lead id
        """
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        concerned = self.filtered(
            lambda lead: (
                funnels[lead.team_id.id].repeat_role_id
                and histories[lead.id].user_ids() - {lead.user_id.id or self.env.uid}
            )
        )
        if not concerned:
            return
        Delivery = self.env["funnel.delivery"].sudo()  # what others were told
        told = Delivery.search([("timer_id", "=", False), ("lead_id", "in", concerned.ids)]).lead_id
        concerned -= told
        people = concerned._get_role_people({funnels[lead.team_id.id].repeat_role_id for lead in concerned})
        rows = []
        for lead in concerned:
            found = people.get((lead.id, funnels[lead.team_id.id].repeat_role_id))
            # who types the request in sees the sign on it
            rows += [(None, lead.id, None, user_id) for user_id in (found.performers if found else ())]
        rows = [row for row in rows if row[-1] != self.env.uid]
        if rows:
            Delivery._insert(rows)
            now = fields.Datetime.now()
            self.env["funnel.timer"]._wake_up([now], now)
