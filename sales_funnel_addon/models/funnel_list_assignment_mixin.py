import logging

from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..tools.handing_out import Taker, share_out

_logger = logging.getLogger(__name__)

#: How many leads are handed out in one transaction: each is tracked, which costs stock Odoo some queries.
LEADS_AT_ONCE = 200


class FunnelListAssignmentMixin(models.AbstractModel):
    """The salespeople of a list, among whom its leads are handed out in turn."""

    _name = "funnel.list.assignment.mixin"
    _description = "Assignment of the Leads of a List"

    user_ids = fields.Many2many(
        "res.users",
        "funnel_list_user_rel",
        "list_id",
        "user_id",
        string="Salespeople",
        domain=lambda self: list(self.env["res.users"]._get_salespeople_domain()),
        help="Who gets the leads of the list, in turn. Empty: nothing is handed out.",
    )
    portion = fields.Integer(
        "Leads at a Time",
        default=10,
        help="How many unprocessed leads of the list each of them has at most: whoever has processed one gets the "
        "next. 0: all leads are handed out at once.",
    )

    @api.constrains("user_ids", "team_id")
    def _check_user_ids(self):
        """Salespeople of a list have to be able to work on its leads."""
        for cold_list in self:
            cold_list._check_salespeople(cold_list.user_ids)

    def _check_salespeople(self, users):
        """Refuse users who cannot work on the leads of this list.

        :raises ValidationError: naming them
        """
        sales, company = self.env.ref("sales_team.group_sale_salesman"), self.sudo().team_id.company_id
        users = users.sudo()  # also people whose groups and companies the user may not read
        outside = users.filtered(lambda user: user.share or sales not in user.all_group_ids)
        if outside:
            raise ValidationError(
                self.env._(
                    "Only salespeople get leads of the list “%(list)s”: %(people)s.",
                    list=self.name,
                    people=", ".join(outside.mapped("name")),
                )
            )
        strangers = users.filtered(lambda user: company and company not in user.company_ids)
        if strangers:
            raise ValidationError(
                self.env._(
                    "%(people)s cannot work in the company “%(company)s”.",
                    people=", ".join(strangers.mapped("name")),
                    company=company.name,
                )
            )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_hand_out(self):
        """Hand out as many of the waiting leads as the salespeople may have; a great many go on in the background.

        :raises AccessError: for others than the head, the owner and funnel managers
        :raises UserError: when one of the lists is paused or has no salespeople
        """
        self._check_manager()
        for cold_list in self:
            if cold_list.state == "paused":
                raise UserError(
                    self.env._("The list “%s” is paused: the head of sales has to resume it first.", cold_list.name)
                )
            if not cold_list.user_ids:
                raise UserError(self.env._("The list “%s” has no salespeople: choose them first.", cold_list.name))
        count = self.sudo()._hand_out()  # who owns a list hands out leads that may be nobody else's to write
        if count:
            message = self.env._("Leads handed out: %s", count)
        else:
            message = "\n".join(cold_list._explain_no_hand_out() for cold_list in self.sudo())
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": "success" if count else "info",
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _explain_no_hand_out(self):
        """Return why nobody gets leads of this list now."""
        self.ensure_one()
        if not self.waiting_count:
            return self.env._("“%s”: no lead is waiting.", self.name)
        if self._get_limits()[self] == 0:
            return self.env._(
                "“%(list)s”: the sample of %(count)s leads is handed out. The others follow when it is processed.",
                list=self.name,
                count=self.sample_size,
            )
        return self.env._(
            "“%(list)s”: everybody who can work has %(count)s leads of it. Each processed lead brings a new one.",
            list=self.name,
            count=self.portion,
        )

    # ------------------------------------------------------------
    # HANDING OUT
    # ------------------------------------------------------------

    def _ask_for_hand_out(self):
        """Wake the scheduled action if there may be something to hand out, so that nobody who works on a lead waits."""
        lists = self.sudo()
        if any(cold_list.active and cold_list.state != "paused" and cold_list.user_ids for cold_list in lists):
            self.env.ref("sales_funnel_addon.ir_cron_hand_out").sudo()._trigger()

    @api.model
    def _cron_hand_out(self):
        """Hand out what waits, list by list; a list that cannot be handed out holds up no other."""
        lists = self._find_with_waiting_leads()
        Cron = self.env["ir.cron"]
        Cron._commit_progress(remaining=len(lists))
        for number, cold_list in enumerate(lists, 1):
            while cold_list._hand_out_apart() == LEADS_AT_ONCE:
                if not Cron._commit_progress():
                    return
            if not Cron._commit_progress(1, remaining=len(lists) - number):
                return

    def _hand_out_apart(self):
        """Hand out leads of this list; return how many, 0 if something keeps it from that."""
        try:
            with self.env.cr.savepoint():
                return self._hand_out(go_on=False)
        except UserError as error:
            _logger.warning("The leads of the list %s could not be handed out: %s", self.id, error)
            return 0

    @api.model
    def _find_with_waiting_leads(self):
        """Return the lists that have salespeople and leads that nobody has."""
        self.env["crm.lead"].flush_model(["funnel_list_id", "funnel_list_outcome", "user_id", "active"])
        self.flush_model(["state", "active", "user_ids"])
        rows = self.env.execute_query(
            SQL(
                """SELECT list.id FROM funnel_list AS list WHERE list.active AND list.state != 'paused'
                      AND EXISTS (SELECT 1 FROM funnel_list_user_rel AS taker WHERE taker.list_id = list.id)
                      AND EXISTS (SELECT 1 FROM crm_lead AS lead WHERE lead.funnel_list_id = list.id
                                     AND lead.funnel_list_outcome IS NULL AND lead.user_id IS NULL AND lead.active)
                    ORDER BY list.id"""
            )
        )
        return self.browse(list_id for (list_id,) in rows)

    def _hand_out(self, *, go_on=True):
        """Hand out waiting leads of these lists, which are read as superuser, among their salespeople.

        Two who do it at the same moment give away the same leads: the second has to begin again.

        :param bool go_on: whether the scheduled action goes on with what is too much for one transaction
        :returns: how many leads were handed out
        """
        lists = self.filtered(lambda cold_list: cold_list.active and cold_list.state != "paused" and cold_list.user_ids)
        if not lists:
            return 0
        waiting = lists._read_waiting()
        takers, limits = lists._get_takers(), lists._get_limits()
        shares, idle, room = {}, [], LEADS_AT_ONCE
        for cold_list in lists:
            own = takers[cold_list]
            before = {taker.user_id for taker in own if not taker.open_count}
            limit = room if limits[cold_list] is None else min(room, limits[cold_list])
            found = share_out(waiting.get(cold_list.id, ()), own, cold_list.portion, limit)
            room -= sum(map(len, found.values()))
            for user_id, lead_ids in found.items():
                shares.setdefault(user_id, []).extend(lead_ids)
                if user_id in before:
                    idle.append((cold_list, user_id, len(lead_ids)))
        Lead = self.env["crm.lead"].with_context(mail_auto_subscribe_no_notify=True)  # told of all of them together
        for user_id, lead_ids in shares.items():
            Lead.browse(lead_ids).write({"user_id": user_id})
        self._tell_takers(idle)
        if go_on and not room:
            self.env.ref("sales_funnel_addon.ir_cron_hand_out").sudo()._trigger()
        return LEADS_AT_ONCE - room

    def _read_waiting(self):
        """Return the first leads of each list that nobody has, as pairs of a lead id and a company id, by list id."""
        self.env["crm.lead"].flush_model(["funnel_list_id", "funnel_list_outcome", "user_id", "active", "company_id"])
        rows = self.env.execute_query(
            SQL(
                """SELECT list.id, lead.id, lead.company_id FROM funnel_list AS list
                     JOIN LATERAL (SELECT id, company_id FROM crm_lead WHERE funnel_list_id = list.id
                                      AND funnel_list_outcome IS NULL AND user_id IS NULL AND active
                                    ORDER BY id LIMIT %s) AS lead ON TRUE
                    WHERE list.id IN %s ORDER BY list.id, lead.id""",
                LEADS_AT_ONCE,
                self._ids,
            )
        )
        waiting = {}
        for list_id, lead_id, company_id in rows:
            waiting.setdefault(list_id, []).append((lead_id, company_id or False))
        return waiting

    def _get_takers(self):
        """Return the salespeople of each list that are there, with what they have of it."""
        Lead = self.env["crm.lead"].with_context(active_test=False)
        groups = Lead._read_group(
            [("funnel_list_id", "in", self.ids), ("user_id", "in", self.user_ids.ids)],
            ["funnel_list_id", "user_id"],
            ["__count"],
        )
        busy = self.env["crm.lead"]._read_group(
            [
                ("funnel_list_id", "in", self.ids),
                ("user_id", "in", self.user_ids.ids),
                ("funnel_list_outcome", "=", False),
            ],
            ["funnel_list_id", "user_id"],
            ["__count"],
        )
        totals = {(cold_list.id, user.id): count for cold_list, user, count in groups}
        open_counts = {(cold_list.id, user.id): count for cold_list, user, count in busy}
        return {
            cold_list: [
                Taker(
                    user.id,
                    open_counts.get((cold_list.id, user.id), 0),
                    totals.get((cold_list.id, user.id), 0),
                    frozenset(user.company_ids.ids),
                )
                for user in cold_list.user_ids
                if cold_list._may_work_here(user)
            ]
            for cold_list in self
        }

    def _may_work_here(self, user):
        """Tell whether a user is there, and may work in the company of this list."""
        is_there = user.active and not user.share
        return is_there and (not self.company_id or self.company_id in user.company_ids)

    def _get_limits(self):
        """Return how many leads each list may give away: what its sample still needs, None when that is over."""
        counts = self._count_leads()
        limits = {}
        for cold_list in self:
            found = counts[cold_list.id]
            given = found["refused"] + found["junk"] + found["converted"] + found["working"]
            limits[cold_list] = None if cold_list.judged_at else max(cold_list.sample_size - given, 0)
        return limits

    def _tell_takers(self, portions):
        """Tell those who had nothing to do that they have got leads; who goes on working sees them on the board.

        :param portions: tuples of a list, the id of a user and how many leads they have got
        """
        for cold_list, user_id, count in portions:
            user = self.env["res.users"].browse(user_id)
            told = cold_list.with_context(lang=user.lang)
            told.message_notify(
                partner_ids=user.partner_id.ids,
                subject=told.env._("New leads of the list “%s”", told.name),
                body=Markup("<p>%s</p>") % told.env._("You have got leads of this list: %s.", count),
                author_id=self.env.ref("base.partner_root").id,
                force_send=False,
            )
