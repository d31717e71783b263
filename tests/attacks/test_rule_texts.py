"""Attacks: what can be typed into rules, and what leads can hold that rules work with."""

from datetime import date

from lxml import html
from odoo.exceptions import UserError, ValidationError

from ..common import FunnelCase


class TestDomainsOfRules(FunnelCase):
    def test_odd_domains_do_not_stop_leads(self):
        deal = self.make_deal()
        problems = []
        for text in (
            "[(1, '=', 1)]",
            "[(0, '=', 1)]",
            "True",
            "False",
            "None",
            "0",
            "()",
            "''",
            "{}",
            "'x'",
            "[[]]",
            "[True]",
            "['&']",
            "[('id', 'in', True)]",
            "[" * 5000,
        ):
            for field_name in ("applies_to", "done_condition"):
                try:
                    with self.env.cr.savepoint():
                        self.make_task(self.estimate, "Odd", mandatory=False, **{field_name: text})
                        deal.write({"user_id": self.salesperson.id, "city": text[:10]})
                        deal.write({"stage_id": self.measurement.id})
                        raise UserError("back")
                except UserError:
                    continue
                except Exception as error:
                    problems.append(f"{field_name} {text[:30]}: {type(error).__name__} {error}")
        self.assertFalse(problems)

    def test_odd_conditions_of_ways_and_requirements(self):
        deal = self.make_deal()
        problems = []
        for text in ("[(1, '=', 1)]", "[(0, '=', 1)]", "True", "False", "None", "0", "()", "''", "{}", "[[]]"):
            for make in (
                lambda t: self.make_way(self.estimate, self.measurement, condition=t, message="x"),
                lambda t: self.demand_condition(self.measurement, t, "x"),
            ):
                try:
                    with self.env.cr.savepoint():
                        make(text)
                        deal.write({"stage_id": self.measurement.id})
                        raise UserError("back")
                except UserError:
                    continue
                except Exception as error:
                    problems.append(f"{text}: {type(error).__name__} {error}")
        self.assertFalse(problems)

    def test_typing_a_rule_does_not_tell_what_its_author_may_not_read(self):
        """What is typed in is tried at once; it must not answer questions that a saved rule could not ask."""
        self.make_deal()
        secret = next(name for name, field in self.env["res.users"]._fields.items() if field.groups == ".")
        answers = set()
        for condition in (f"[('user_id.{secret}', '=', False)]", f"[('user_id.{secret}', '!=', False)]"):
            rule = (
                self.env["funnel.requirement"]
                .with_user(self.manager)
                .new({"stage_id": self.estimate.id, "kind": "condition", "condition": condition, "message": "x"})
            )
            answers.add(rule.impact_summary)
        self.assertEqual(len(answers), 1, answers)


class TestDeadlinesOutOfReach(FunnelCase):
    def test_a_late_clock(self):
        self.make_task(self.estimate, deadline_anchor="entry", deadline_has_clock=True, deadline_clock=23.999)
        self.assertTrue(self.make_deal().funnel_task_ids.deadline)

    def test_a_huge_offset(self):
        for amount in (2**31 - 1, -(2**31), 10**7):
            with self.subTest(amount):
                try:
                    with self.env.cr.savepoint():
                        self.make_task(self.estimate, deadline_anchor="entry", deadline_amount=amount)
                        self.make_deal()
                except ValidationError:
                    pass

    def test_a_date_at_the_end_of_time(self):
        anchor = self.env["ir.model.fields"]._get("crm.lead", "date_deadline").id
        for amount, day in ((3, date(9999, 12, 31)), (-3, date(1, 1, 1)), (0, date(1, 1, 1))):
            self.make_task(self.estimate, deadline_anchor="field", deadline_field_id=anchor, deadline_amount=amount)
            self.make_deal(date_deadline=day)


class TestScripts(FunnelCase):
    def show(self, script, **values):
        self.estimate.script = script
        return str(self.make_deal(**values).funnel_script)

    def test_no_code(self):
        shown = self.show("<p onclick='x()'>Hi<script>alert(1)</script><a href='javascript:alert(1)'>x</a></p>")
        for bad in ("onclick", "script"):
            self.assertNotIn(bad, shown)

    def test_no_code_by_way_of_a_name(self):
        for name in ("javascript:alert(1)", "x' onclick='alert(1)", '" onclick="alert(1)', "<script>x</script>"):
            for script in (
                "<a href='{client}'>x</a>",
                '<p title="{client}">x</p>',
                "<p>{client}</p>",
                "<p {client}>x</p>",
            ):
                with self.subTest(name=name, script=script):
                    for element in html.fromstring(f"<div>{self.show(script, contact_name=name)}</div>").iter():
                        self.assertNotEqual(element.tag, "script")
                        self.assertNotIn("onclick", element.attrib)
                        self.assertFalse(element.get("href", "").startswith("javascript"))
