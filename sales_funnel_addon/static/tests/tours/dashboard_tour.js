import { registry } from "@web/core/registry";

const ready = ".o_funnel_dashboard:not(.o_loading)";
const back = (name) => [
    { content: `The list behind ${name}`, trigger: ".o_list_view .o_data_row" },
    { trigger: ".breadcrumb-item:contains('Dashboard') a, .o_back_button", run: "click" },
    { trigger: `${ready} .o_funnel_card` },
];

/** Click a figure, and check that the list behind it has as many rows. */
function checkFigure(name, trigger) {
    let expected;
    return [
        {
            content: `Open ${name}`,
            trigger: `${ready} ${trigger}`,
            run({ anchor, click }) {
                expected = Number(anchor.textContent.trim());
                if (!expected) {
                    throw new Error(`${name} counts nothing: ${anchor.textContent}`);
                }
                return click();
            },
        },
        {
            content: `As many rows as ${name} says`,
            trigger: ".o_list_view:has(.o_data_row)",
            run() {
                const total = Number(document.querySelector(".o_pager_limit").textContent);
                if (total !== expected) {
                    throw new Error(`${name} says ${expected}, the list has ${total}`);
                }
            },
        },
        ...back(name),
    ];
}

const open = [
    { trigger: "button[data-menu-xmlid='sales_funnel_addon.menu_funnel_root']", run: "click" },
    { trigger: "a[data-menu-xmlid='sales_funnel_addon.menu_funnel_dashboard']", run: "click" },
    { trigger: `${ready} .o_funnel_card` },
    { trigger: ".o_funnel_filters [name=period]", run: "select all" },
    { content: "It is in the link", trigger: `${ready} .o_funnel_card`, run: () => checkLink("period=all") },
];

function checkLink(part) {
    if (!location.search.includes(part)) {
        throw new Error(`${part} is not in ${location.href}`);
    }
}

/** Choose a day on which nothing happened; the helpers for texts cannot type into an empty field for days. */
function chooseDay({ anchor }) {
    anchor.value = "2001-01-01";
    anchor.dispatchEvent(new Event("change"));
}

/** The head of sales looks behind the figures, chooses a funnel and a person. */
registry.category("web_tour.tours").add("sales_funnel_dashboard_head", {
    steps: () => [
        ...open,
        ...checkFigure("new leads", "[data-name=cohort_lead] button"),
        ...checkFigure("won", "[data-name=won] button"),
        ...checkFigure("refusals", "[data-name=refusals] button"),
        ...checkFigure("standing", "[data-name=standing] button"),
        ...checkFigure("entered", ".o_funnel_funnel:contains('History Deals') tr:contains('Measurement') td:eq(1) button"),
        ...checkFigure("a source", "[data-name=sources] tbody tr:first td[data-column=lead] button"),
        ...checkFigure("reminders", "[data-name=people] tbody tr:first td[data-column=told] button"),
        ...checkFigure("blocked", "[data-name=checks] td[data-column=blocked] button"),
        { content: "A part of a bar", trigger: `${ready} .o_funnel_part.o_part_lost:first`, run: "click" },
        ...back("a part of a bar"),
        { content: "A bar of the chart", trigger: "[data-name=reasons] .o_funnel_chart_list button:first", run: "click" },
        ...back("a bar of the chart"),
        { trigger: ".o_funnel_filters [name=team_id]", run: "selectByLabel History Deals" },
        {
            content: "The other funnel is left out",
            trigger: `${ready}:not(:has(.o_funnel_funnel:contains('History Leads'))) .o_funnel_funnel:contains('History Deals')`,
        },
        { trigger: ".o_funnel_filters [name=user_id]", run: "selectByLabel Oleg" },
        { content: "Only Oleg", trigger: `${ready} [data-name=people]:not(:contains('Anna')) tr:contains('Oleg')` },
        { trigger: ".o_funnel_filters [name=period]", run: "select custom" },
        { trigger: ".o_funnel_filters [name=date_to]", run: chooseDay },
        { trigger: `body:has(${ready}) .o_funnel_filters [name=date_from]`, run: chooseDay },
        { content: "Nothing happened then", trigger: `${ready} [data-name=won] .o_zero` },
    ],
});

/** A salesperson sees own figures, and nobody to choose from. */
registry.category("web_tour.tours").add("sales_funnel_dashboard_salesperson", {
    steps: () => [
        ...open,
        { content: "Nobody to choose", trigger: ".o_funnel_filters:not(:has([name=user_id]))" },
        { content: "Only oneself", trigger: "[data-name=people]:contains('Anna'):not(:contains('Oleg'))" },
        ...checkFigure("own leads", "[data-name=cohort_lead] button"),
        ...checkFigure("own entries", ".o_funnel_funnel:contains('History Leads') tr:contains('Talk') td:eq(1) button"),
        ...checkFigure("own losses", "[data-name=refusals] button"),
    ],
});
