import { registry } from "@web/core/registry";

const addTour = (name, steps) => registry.category("web_tour.tours").add(`sales_funnel_${name}`, { steps });
const card = ".o_kanban_record:contains('Oak kitchen')";

/** The smallest contrast that people with weak eyes can read (WCAG 2.1, 1.4.3). */
const CONTRAST = 4.5;
/** How many pixels a thumb needs at least. */
const THUMB = 40;

function luminance([red, green, blue]) {
    const parts = [red, green, blue].map((part) => {
        const share = part / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
}

const numbersOf = (color) => color.match(/[\d.]+/g).map(Number);

/** Return the color behind an element: that of the nearest one around it that is not transparent. */
function backgroundOf(element) {
    for (let around = element; around; around = around.parentElement) {
        const color = numbersOf(getComputedStyle(around).backgroundColor);
        if (color.length === 3 || color[3] === 1) {
            return color;
        }
    }
    return [255, 255, 255];
}

function contrastOf(element) {
    const [dark, light] = [numbersOf(getComputedStyle(element).color), backgroundOf(element)].map(luminance).sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
}

const shown = (selector) => [...document.querySelectorAll(selector)].filter((element) => element.getClientRects().length);

function check(selector, isBad, complaint) {
    const elements = shown(selector);
    if (!elements.length) {
        throw new Error(`Nothing to look at: ${selector}`);
    }
    const bad = elements.filter(isBad);
    if (bad.length) {
        throw new Error(`${complaint}: ${bad.map((element) => element.outerHTML.slice(0, 120)).join("\n")}`);
    }
}

const checkContrast = (selector) => check(selector, (element) => contrastOf(element) < CONTRAST, "Too pale to be read");
const checkThumbs = (selector) =>
    check(
        selector,
        (element) => {
            const { width, height } = element.getBoundingClientRect();
            return Math.min(width, height) < THUMB;
        },
        "Too small for a thumb"
    );
const checkNames = (selector) =>
    check(
        selector,
        (element) => !(element.ariaLabel || element.title || element.labels?.length || element.innerText.trim()),
        "Without a name"
    );

function checkWidth() {
    if (document.documentElement.scrollWidth > window.innerWidth) {
        throw new Error(`The page is ${document.documentElement.scrollWidth} pixels wide`);
    }
}

function checkReach(selector) {
    check(
        selector,
        (element) => {
            const { top, left, right, bottom } = element.getBoundingClientRect();
            return top < 0 || left < 0 || right > window.innerWidth || bottom > window.innerHeight;
        },
        "Out of reach"
    );
}

/** Nothing but the keyboard: from the board to the dialog of a move, and back to where one was. */
addTour("keyboard", () => [
    { trigger: `${card} .o_funnel_card_buttons button[aria-label='Reached']:not([tabindex='-1'])` },
    {
        content: "What is muted can be read all the same, and every icon has a name",
        trigger: `${card} .o_funnel_muted`,
        run() {
            checkContrast(".o_funnel_muted");
            checkNames(".o_funnel_card_buttons button");
        },
    },
    {
        content: "Note an attempt from the board",
        trigger: `${card} .o_funnel_card_buttons button[aria-label='Reached']`,
        run() {
            this.anchor.focus();
            if (document.activeElement !== this.anchor) {
                throw new Error("The keyboard does not come here");
            }
            this.anchor.click();
        },
    },
    { trigger: `${card} .o_funnel_card_contacts:contains('1 today')` },
    {
        content: "Enter opens the card",
        trigger: card,
        async run({ press }) {
            this.anchor.focus();
            await press("Enter");
        },
    },
    { trigger: ".o_funnel_task input:enabled", run: () => checkNames(".o_funnel_task input") },
    {
        content: "Moving it takes no mouse",
        trigger: ".o_statusbar_status .o_arrow_button:contains('Measurement')",
        run() {
            this.anchor.focus();
            this.anchor.click();
        },
    },
    { trigger: ".o_funnel_move_dialog [name=city] input:focus", run: "press Escape" },
    {
        content: "The focus is back where it was",
        trigger: "body:not(:has(.modal)) .o_statusbar_status .o_arrow_button:contains('Measurement'):focus",
    },
]);

/** A salesperson on the road: everything is in sight and in reach of a thumb. */
addTour("phone", () => [
    {
        trigger: `${card} .o_funnel_card_buttons button`,
        run() {
            checkWidth();
            checkThumbs(".o_funnel_card_buttons button");
        },
    },
    { trigger: card, run: "click" },
    {
        trigger: ".o_funnel_contact_bar button[name=action_funnel_reached]",
        run() {
            checkWidth();
            checkThumbs(".o_funnel_contact_bar button");
            checkThumbs(".o_funnel_task");
            check(".o_funnel_task input", (element) => element.offsetHeight < 24, "Too small a box");
        },
    },
    { trigger: ".o_statusbar_status .dropdown-toggle:visible", run: "click" },
    { trigger: ".o-dropdown--menu .dropdown-item:contains('Measurement')", run: "click" },
    {
        trigger: ".o_funnel_move_dialog footer .o_funnel_save_and_move",
        run() {
            checkWidth();
            checkThumbs(".o_funnel_move_dialog footer button");
            checkReach(".o_funnel_move_dialog footer button, .o_funnel_move_dialog [name=city] input");
        },
    },
    { trigger: ".o_funnel_move_dialog footer button:contains('Cancel')", run: "click" },
    { trigger: "body:not(:has(.modal)) .o_funnel_contact_bar button[name=action_funnel_call_back]", run: "click" },
    {
        trigger: ".modal footer button:contains('Call Back')",
        run() {
            checkWidth();
            checkReach(".modal footer button");
        },
    },
    { trigger: ".modal footer button:contains('Discard')", run: "click" },
    { trigger: "body:not(:has(.modal))" },
]);

/** The first steps on a phone: those that are done leave the room to the others. */
addTour("phone_steps", () => [
    {
        trigger: ".o_funnel_first_step button",
        run() {
            checkWidth();
            checkContrast(".o_funnel_first_step p, .o_funnel_first_step h3");
            checkNames(".o_funnel_first_steps button");
            if (shown(".o_funnel_first_step_done button").length) {
                throw new Error("What is done takes the room of what is not");
            }
        },
    },
]);
