"""Years of a sales department by the thousand: leads, the log of their moves, refusals and reminders.

Each lead is walked through the funnels step by step with a seeded chance, so that the log has everything that real ones
have: side stages, ways back, overrides of the order, conversions, deferrals, losses and reopened deals. The rows are
copied straight into the tables; what became of each stay is then told by the addon itself.
"""

import csv
import io
import random
from datetime import datetime, timedelta

from odoo.tools import SQL

from tests.common import FunnelFactory

YEARS = 2
#: How many leads are held in memory.
AT_ONCE = 10_000
#: For how many leads in a hundred each thing happens at a step of their way.
CHANCES = {"lose": 14, "junk": 6, "side": 15, "back": 8, "defer": 6, "rest": 12}


class History(FunnelFactory):
    """A funnel of leads, one of deals and one of deferred demand, and people who work in them."""

    env = None

    def __init__(self, env, salesperson_ids, *, seed=19, now=None):
        type(self).env = self.env = env
        self.chance, self.now = random.Random(seed), (now or datetime.now()).replace(microsecond=0)
        self.salesperson_ids = salesperson_ids
        self.deals = self.make_funnel("History Deals", "deal", ("Estimate", "Measurement", "Contract", "Done!"))
        self.leads = self.make_funnel("History Leads", "lead", ("New", "Talk", "Fit"), deal_team_id=self.deals.id)
        self.away = env["crm.stage"].create(
            {"name": "No answer", "sequence": 9, "is_side_stage": True, "team_ids": [(4, self.leads.id)]}
        )
        self.later = self.make_months(self.deals, name="History Later")
        both = (self.leads, self.deals)
        self.refusals = [self.make_reason(f"Refusal {number}", *both) for number in range(5)]
        self.junk = [self.make_reason(f"Junk {number}", *both, category="junk") for number in range(2)]
        self.blocked = self.make_reason("Blocked", self.deals)
        self.make_approval(
            self.stage(self.deals, "Measurement"), self.make_role("Finance"), lost_reason_id=self.blocked.id
        )
        self.sources = env["utm.source"].create([{"name": f"History {number}"} for number in range(6)])
        self.lists = env["funnel.list"].create([{"name": f"List {n}", "team_id": self.leads.id} for n in range(2)])
        self.reminder = env["funnel.reminder"].create({"stage_id": self.leads.stage_ids[0].id, "name": "Act"})
        self.causes = env["funnel.refusal.cause"].create([{"name": f"Cause {number}"} for number in range(3)])
        self.main = [self.stage(self.leads, name).id for name in ("New", "Talk", "Fit")]
        self.road = [self.stage(self.deals, name).id for name in ("Estimate", "Measurement", "Contract", "Done")]
        self.months = self.later.stage_ids.sorted("deferral_month").ids
        self.rows = {"lead": [], "move": [], "refusal": [], "timer": [], "delivery": []}
        self.model = self.make_leads(self.leads, name="History", user_id=False)

    # ------------------------------------------------------------
    # ONE LEAD
    # ------------------------------------------------------------

    def hits(self, what):
        return self.chance.random() * 100 < CHANCES[what]

    def walk(self, lead_id):
        """Walk one lead through the funnels until it is closed, rests somewhere or the present is reached."""
        chance = self.chance
        lead = {
            "id": lead_id,
            "at": self.now - timedelta(minutes=chance.randrange(30, YEARS * 365 * 1440)),
            "team_id": self.leads.id,
            "stage_id": False,
            "user_id": chance.choice(self.salesperson_ids),
            "source_id": chance.choice([*self.sources.ids, None]),
            "funnel_list_id": chance.choice([*self.lists.ids, None, None]),
            "funnel_list_outcome": None,
            "expected_revenue": chance.randrange(100) * 100,
            "type": "lead",
            "won_status": "pending",
            "lost_reason_id": None,
            "deferral_date": None,
            "date_closed": None,
        }
        lead["create_date"] = lead["at"]
        self.log(lead, "created", stage_id=self.main[0])
        while self.step(lead):
            pass
        self.rows["lead"].append(lead)
        self.remind(lead)

    def step(self, lead):
        """Let one thing happen to a lead; return whether it goes on."""
        lead["at"] += timedelta(minutes=self.chance.randrange(30, 6 * 1440))
        if lead["at"] >= self.now or self.hits("rest"):
            return False
        if self.hits("lose") or (lead["type"] == "lead" and self.hits("junk")):
            return self.lose(lead)
        if lead["team_id"] == self.later.id:
            self.log(lead, "resumed", team_id=self.deals.id, stage_id=self.chance.choice(self.road[:3]))
            lead["deferral_date"] = None
            return True
        return self.advance(lead, self.main if lead["type"] == "lead" else self.road)

    def advance(self, lead, road):
        if lead["type"] == "lead" and lead["stage_id"] != self.away.id and self.hits("side"):
            self.log(lead, "moved", stage_id=self.away.id)
        elif lead["stage_id"] == self.away.id:
            self.log(lead, "moved", stage_id=self.chance.choice(road))
        elif road.index(lead["stage_id"]) and self.hits("back"):
            self.log(lead, "moved", stage_id=road[road.index(lead["stage_id"]) - 1])
        elif lead["type"] == "opportunity" and self.hits("defer"):
            lead["deferral_date"] = (lead["at"] + timedelta(days=self.chance.randrange(40, 300))).date()
            self.log(lead, "deferred", team_id=self.later.id, stage_id=self.months[lead["deferral_date"].month - 1])
        elif lead["stage_id"] == self.main[-1]:
            lead["type"] = "opportunity"
            lead["funnel_list_outcome"] = lead["funnel_list_id"] and "converted"
            self.log(lead, "converted", team_id=self.deals.id, stage_id=self.road[0])
        else:
            stage_id = road[road.index(lead["stage_id"]) + 1]
            won = stage_id == self.road[-1]
            self.log(lead, "won" if won else "moved", stage_id=stage_id)
            if won:
                lead.update(won_status="won", date_closed=lead["at"])
            return not won
        return True

    def lose(self, lead):
        """Lose a lead; return whether it was reopened and goes on."""
        junk = lead["type"] == "lead" and self.chance.random() < 0.3
        reasons = (
            self.junk if junk else [*self.refusals, self.blocked] if lead["type"] == "opportunity" else self.refusals
        )
        reason_id = self.chance.choice(reasons).id
        self.log(lead, "lost", lost_reason_id=reason_id)
        lost_at, again = lead["at"], not junk and self.chance.random() < 0.15
        lead["at"] += timedelta(minutes=self.chance.randrange(30, 2 * 1440))
        again = again and lead["at"] < self.now
        if not junk:
            self.review(lead, reason_id, lost_at, again)
        if again:
            self.log(lead, "reopened")
            return True
        lead.update(won_status="lost", lost_reason_id=reason_id, date_closed=lost_at)
        if lead["funnel_list_id"] and not lead["funnel_list_outcome"]:
            lead["funnel_list_outcome"] = "junk" if junk else "refused"
        return False

    # ------------------------------------------------------------
    # ROWS
    # ------------------------------------------------------------

    def log(self, lead, kind, lost_reason_id=None, **place):
        came_from = {f"from_{name}": None if kind == "created" else lead[name] for name in ("team_id", "stage_id")}
        lead.update(place)
        goes_to = {f"to_{name}": lead[name] for name in ("team_id", "stage_id")}
        self.rows["move"].append(
            {
                **came_from,
                **goes_to,
                "lead_id": lead["id"],
                "kind": kind,
                "user_id": lead["user_id"],
                "date": lead["at"],
                "hours_in_stage": 0,
                "lost_reason_id": lost_reason_id,
            }
        )

    def review(self, lead, reason_id, lost_at, again):
        state = "returned" if again else self.chance.choice(("to_check", "verified", "verified", "closed"))
        judged = state in ("verified", "returned")
        self.rows["refusal"].append(
            {
                "lead_id": lead["id"],
                "user_id": lead["user_id"],
                "stage_id": lead["stage_id"],
                "team_id": lead["team_id"],
                "lost_reason_id": reason_id,
                "date": lost_at,
                "state": state,
                "closing": "skipped" if state == "closed" else None,
                "cause_id": self.chance.choice(self.causes).id if judged else None,
                "verdict_date": lost_at + timedelta(hours=5) if judged else None,
            }
        )

    def remind(self, lead):
        """Let reminders come of some leads; of open ones some are still waiting for somebody to act."""
        if self.chance.random() > 0.3:
            return
        timer_id = next(self.timer_ids)
        common = {"lead_id": lead["id"], "reminder_id": self.reminder.id}
        is_open = lead["won_status"] == "pending" and self.chance.random() < 0.3
        told = {"state": "fired", "fired_at": lead["create_date"], "escalated": is_open, "round": 0}
        dates = {"anchor_at": lead["create_date"], "due_at": lead["create_date"]}
        self.rows["timer"].append({**common, **told, **dates, "id": timer_id})
        self.rows["delivery"].append(
            {
                **common,
                "timer_id": timer_id,
                "user_id": lead["user_id"],
                "date": lead["create_date"],
                "state": "sent",
                "is_digest": False,
            }
        )

    # ------------------------------------------------------------
    # TABLES
    # ------------------------------------------------------------

    def make(self, count):
        """Make so many leads with all that belongs to them.

        :returns: how many moves they made
        """
        self.env.flush_all()
        moves = 0
        for start in range(0, count, AT_ONCE):
            moves += self.make_some(min(AT_ONCE, count - start))
        self.env.invalidate_all()
        for table in ("crm_lead", "funnel_move", "funnel_refusal", "funnel_timer", "funnel_delivery"):
            self.env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))
        self.env["funnel.move"]._follow_all_stays()
        self.env.invalidate_all()
        return moves

    def make_some(self, count):
        """Make so many leads, and return how many moves they made."""
        self.rows = {name: [] for name in self.rows}
        self.timer_ids = iter(self.reserve("funnel_timer", count))
        for lead_id in self.reserve("crm_lead", count):
            self.walk(lead_id)
        self.copy_leads()
        for name in ("move", "refusal", "timer", "delivery"):
            self.copy(f"funnel_{name}", self.rows[name])
        return len(self.rows["move"])

    def reserve(self, table, count):
        """Return ids that no other row of the table gets."""
        query = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
        self.env.cr.execute(query, [table, count])
        return [row_id for (row_id,) in self.env.cr.fetchall()]

    def copy(self, table, rows):
        """Copy rows into a table."""
        if not rows:
            return
        names = list(rows[0])
        lines = io.StringIO()
        csv.writer(lines).writerows([row[name] for name in names] for row in rows)
        lines.seek(0)
        columns = ", ".join(f'"{name}"' for name in names)
        self.env.cr.copy_expert(f'COPY "{table}" ({columns}) FROM STDIN WITH CSV', lines)

    def copy_leads(self):
        """Copy the leads: each is like the one that was made the ordinary way, except for what happened to it."""
        cr = self.env.cr
        rows = [
            {
                **{name: value for name, value in lead.items() if name != "at"},
                "first_funnel_id": self.leads.id,
                "active": lead["won_status"] != "lost",
                "probability": {"won": 100, "lost": 0, "pending": 20}[lead["won_status"]],
                "date_last_stage_update": lead["at"],
                "name": f"Lead {lead['id']}",
            }
            for lead in self.rows["lead"]
        ]
        cr.execute("CREATE TEMP TABLE IF NOT EXISTS history_lead (LIKE crm_lead)")
        cr.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'history_lead'::regclass AND attnotnull AND attnum > 0"
        )
        for (name,) in cr.fetchall():
            cr.execute(SQL("ALTER TABLE history_lead ALTER COLUMN %s DROP NOT NULL", SQL.identifier(name)))
        self.copy("history_lead", rows)
        cr.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'crm_lead'")
        columns = [name for (name,) in cr.fetchall()]
        own = SQL(", ").join(SQL.identifier("made" if name in rows[0] else "model", name) for name in columns)
        names = SQL(", ").join(map(SQL.identifier, columns))
        cr.execute(
            SQL(
                "INSERT INTO crm_lead (%s) SELECT %s FROM history_lead AS made, crm_lead AS model WHERE model.id = %s",
                names,
                own,
                self.model.id,
            )
        )
        cr.execute("TRUNCATE history_lead")
