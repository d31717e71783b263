"""Deals on which nobody has worked: in a funnel with reminders, and in a stock team with automation rules."""

from datetime import timedelta
from itertools import islice

from odoo import fields
from odoo.fields import Command
from odoo.tests import new_test_user
from odoo.tools import SQL

from tests.common import FunnelFactory

from .data import copy_lead

#: How many people the deals belong to.
SALESPEOPLE = 16
STAGES = ("Offer", "Contract", "Done!")
#: What the automation rules wait for; the reminders wait for about as long, in working hours or in calendar days.
DELAY = timedelta(days=20)
#: The deals have come into their stage at any moment of so many days, so none of them is due by itself.
SPREAD = timedelta(days=10)
#: For how long what is due has been due.
LATE = timedelta(minutes=5)

TELL = """
for record in records:
    people = record.user_id | record.team_id.user_id
    facts = (record.stage_id.name, record.team_id.name, record.user_id.name, record.contact_name)
    record.message_notify(
        partner_ids=people.partner_id.ids,
        subject="Nobody has called: %s" % record.name,
        body="Stage: %s (%s), responsible: %s, client: %s" % facts,
        force_send=False,
    )
"""


class Scenario(FunnelFactory):
    """Two teams of deals in one stage, with the same two rules: one plans an activity, one tells two people.

    The deals of a funnel are given to reminders, those of the stock team to automation rules. A lead that a rule has
    dealt with is not used again, and so the runs do not hinder one another.
    """

    env = None

    @classmethod
    def set_up(cls, env):
        """Make people, teams, and one deal with armed timers; the caller commits."""
        cls.env = env
        head = new_test_user(env, "bench_head", "sales_team.group_sale_salesman_all_leads")
        salespeople = [
            new_test_user(env, f"bench_seller_{number}", "sales_team.group_sale_salesman")
            for number in range(SALESPEOPLE)
        ]
        cls.user_ids = [user.id for user in salespeople]
        cls.funnel = cls.make_funnel("Funnel", "deal", STAGES, user_id=head.id)
        cls.stock = cls.make_funnel("Stock", False, STAGES, user_id=head.id)
        cls.funnel_id, cls.stock_id = cls.funnel.id, cls.stock.id
        cls.reminder_ids = cls.make_reminders(cls.stage(cls.funnel, "Offer")).ids
        cls.lead_ids = cls.make_lead(cls.funnel).id, cls.make_lead(cls.stock).id

    @classmethod
    def make_reminders(cls, stage):
        """Create the rules of the funnel: one plans an activity and tells whom it is for, one tells two people."""
        seller = cls.make_role("Seller", source="salesperson")
        boss = cls.make_role("Boss", source="head")
        call = cls.env.ref("mail.mail_activity_data_call")
        rules = [
            {
                "name": "Call",
                "deadline_amount": 100,
                "deadline_unit": "hours",
                "deadline_working": True,
                "role_ids": [Command.set(seller.ids)],
                "activity_type_id": call.id,
            },
            {
                "name": "Nobody has called",
                "deadline_amount": DELAY.days,
                "role_ids": [Command.set((seller | boss).ids)],
            },
        ]
        return cls.env["funnel.reminder"].create([{"stage_id": stage.id, **values} for values in rules])

    @classmethod
    def make_automations(cls, env):
        """Create the automation rules of the stock team; the module must be there."""
        model_id = env["ir.model"]._get_id("crm.lead")
        plan = {
            "state": "next_activity",
            "activity_type_id": env.ref("mail.mail_activity_data_call").id,
            "activity_summary": "Call",
            "activity_user_type": "generic",
            "activity_user_field_name": "user_id",
        }
        tell = {"state": "code", "code": TELL}
        automations = env["base.automation"].create(
            [
                {
                    "name": name,
                    "model_id": model_id,
                    "trigger": "on_time",
                    "trg_date_id": env["ir.model.fields"]._get("crm.lead", "date_last_stage_update").id,
                    "trg_date_range": DELAY.days,
                    "trg_date_range_type": "day",
                    "trg_date_range_mode": "after",
                    "filter_domain": f"[('team_id', '=', {cls.stock_id}), ('won_status', '=', 'pending')]",
                    "action_server_ids": [Command.create({"name": name, "model_id": model_id, **action})],
                }
                for name, action in (("Call", plan), ("Nobody has called", tell))
            ]
        )
        cls.automation_ids = automations.ids

    # ------------------------------------------------------------
    # DEALS
    # ------------------------------------------------------------

    @classmethod
    def make_lead(cls, team):
        """Create a deal in the first stage of a team."""
        values = {"name": "Kitchen", "contact_name": "Ivan", "phone": "+7 912 345-67-89", "type": "opportunity"}
        values |= {"team_id": team.id, "user_id": cls.user_ids[0]}
        lead = cls.env["crm.lead"].create({**values, "stage_id": cls.stage(team, "Offer").id})
        return lead

    @classmethod
    def add_deals(cls, env, count, *, stock=False):
        """Add copies of the deal of a team, given to all salespeople in turn.

        :param int count: how many
        :param bool stock: to the stock team instead of the funnel
        :returns: an iterator over their ids
        """
        ids = copy_lead(env["crm.lead"].browse(cls.lead_ids[stock]), count)
        # numbers that grow with the id would let the database find neighbours side by side
        age = SQL("(id::bigint * 7919 %% %s) * interval '1 second'", int(SPREAD.total_seconds()))
        new, cr = SQL("> %s", min(ids) - 1), env.cr
        cr.execute(
            SQL(
                """UPDATE crm_lead SET user_id = (%s::int[])[id %% %s + 1],
                          date_last_stage_update = date_trunc('second', date_last_stage_update) - %s
                    WHERE id %s""",
                *(cls.user_ids, len(cls.user_ids), age, new),
            )
        )
        for table, column in (("funnel_move", "date"), ("funnel_timer", "anchor_at"), ("funnel_timer", "due_at")):
            assignment = SQL("%s = lead.date_last_stage_update", SQL.identifier(column))
            if column == "due_at":
                assignment = SQL("due_at = lead.date_last_stage_update + interval %s", f"{DELAY.days} days")
            cr.execute(
                SQL(
                    "UPDATE %s AS row SET %s FROM crm_lead AS lead WHERE lead.id = row.lead_id AND lead.id %s",
                    *(SQL.identifier(table), assignment, new),
                )
            )
        return iter(ids)

    # ------------------------------------------------------------
    # WHAT IS DUE
    # ------------------------------------------------------------

    @classmethod
    def due_timers(cls, lead_ids, count):
        """Return what lets both reminders fall due for the next deals of the funnel.

        :param lead_ids: an iterator over ids of deals for which they have not fired yet
        :param int count: how many reminders in all
        """

        def prepare(env):
            due_at, ids = fields.Datetime.now() - LATE, list(islice(lead_ids, count // 2))
            env.cr.execute("UPDATE funnel_timer SET due_at = %s WHERE lead_id = ANY(%s)", [due_at, ids])
            cls.expect(env.cr.rowcount, 2 * (count // 2), "timers due")

        return prepare

    @classmethod
    def due_automations(cls, lead_ids, count, automation_ids=None):
        """Return what lets the automation rules find the next deals of the stock team, and no others.

        :param lead_ids: an iterator over ids of deals
        :param int count: for how many deals each rule is due
        :param automation_ids: the rules that take part; by default all of them
        """

        def prepare(env):
            now, ids = fields.Datetime.now(), list(islice(lead_ids, count))
            fresh = "UPDATE crm_lead SET date_last_stage_update = %s WHERE team_id = %s AND date_last_stage_update < %s"
            env.cr.execute(fresh, [now, cls.stock_id, now - SPREAD - timedelta(days=1)])
            due = "UPDATE crm_lead SET date_last_stage_update = %s WHERE id = ANY(%s)"
            env.cr.execute(due, [now - DELAY - LATE, ids])
            rules = "UPDATE base_automation SET last_run = %s, active = id = ANY(%s)"
            env.cr.execute(rules, [now - 2 * LATE, list(automation_ids or cls.automation_ids)])

        return prepare

    @staticmethod
    def expect(found, expected, what):
        """Stop the benchmark if it does not measure what it is about."""
        if found != expected:
            raise AssertionError(f"{found} {what} instead of {expected}")
