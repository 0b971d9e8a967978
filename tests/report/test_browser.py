"""The page in a real browser: it plays, switches, sorts, fits a phone and asks nobody."""

import json
import time

import pytest

TIMEOUT = 60  # s, on a busy machine
WIDE, PHONE = (1200, 900), (360, 740)


@pytest.fixture(scope="module")
def opened(chromium, page):
    """The browser with the page open; what is asked for and complained about is kept."""
    chromium.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument",
        {
            "source": """
            window.started = [];
            const start = AudioBufferSourceNode.prototype.start;
            AudioBufferSourceNode.prototype.start = function (when, offset) {
              window.started.push([when, offset, this.buffer.duration]);
              return start.call(this, when, offset);
            };
            """
        },
    )
    return chromium


@pytest.fixture
def browser(opened, page):
    resize(opened, WIDE)
    opened.get(page.as_uri())
    return opened


def resize(browser, size):
    width, height = size
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {
            "width": width,
            "height": height,
            "deviceScaleFactor": 1,
            "mobile": width < 500,
        },
    )


def wait(condition):
    end = time.monotonic() + TIMEOUT
    while not (value := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return value


def find(browser, selector):
    return browser.find_elements("css selector", selector)


def position(browser, example=0):
    return float(
        browser.execute_script(
            "return document.querySelectorAll('.seek')[arguments[0]].value", example
        )
    )


def is_playing(browser, example=0):
    return "playing" in find(browser, ".play")[example].get_attribute("class")


def press(browser, *keys):
    for key in keys:
        browser.switch_to.active_element.send_keys(key)


def column(browser, number):
    return browser.execute_script(
        "return Array.from(document.querySelectorAll('#scores tbody tr'),"
        " row => row.cells[arguments[0]].dataset.value)",
        number,
    )


def test_plays_to_the_end(browser):
    assert position(browser) == 0
    find(browser, ".loop input")[0].click()  # do not repeat
    find(browser, ".play")[0].click()
    first = wait(lambda: position(browser))
    later = wait(lambda: position(browser) > first + 0.2 and position(browser))
    assert later < 3
    durations = [duration for _, _, duration in browser.execute_script("return started")]
    assert durations == pytest.approx([3, 3, 3], abs=1e-3)
    assert browser.execute_script("return document.querySelector('.time').textContent").endswith(
        "/ 3.0 s"
    )
    browser.execute_script(
        "const s = document.querySelector('.seek'); s.value = 2.8;"
        "s.dispatchEvent(new Event('input'))"
    )
    wait(lambda: not is_playing(browser))
    assert position(browser) == 0


def test_switching_keeps_the_moment(browser):
    radios = find(browser, ".example:first-of-type [type=radio]")
    find(browser, ".play")[0].click()
    wait(lambda: position(browser) > 0.3)
    look = "return [Number(document.querySelector('.seek').value), context.currentTime]"
    before, then = browser.execute_script(look)
    radios[1].click()
    radios[2].click()
    after, now = browser.execute_script(look)
    moved = (after - before) % 3  # it repeats
    assert moved == pytest.approx((now - then) % 3, abs=0.25)  # but for frames not yet drawn
    assert [radio.is_selected() for radio in radios] == [False, False, True]
    # All were started once, together and at one place; the switch only fades.
    starts = {(when, offset) for when, offset, _ in browser.execute_script("return started")}
    assert len(starts) == 1


def test_what_is_heard_is_what_is_chosen(browser):
    gains = """
        window.nodes = [];
        const Node = GainNode;
        window.GainNode = class extends Node {
          constructor(...args) { super(...args); window.nodes.push(this); }
        };
    """
    browser.execute_script(gains)
    find(browser, ".play")[0].click()

    def heard():
        return browser.execute_script("return nodes.map(node => Math.round(node.gain.value))")

    wait(lambda: heard() == [1, 0, 0])
    find(browser, ".example:first-of-type [type=radio]")[1].click()
    wait(lambda: heard() == [0, 1, 0])


def test_one_example_at_a_time(browser):
    first, second = find(browser, ".play")
    first.click()
    wait(lambda: position(browser) > 0)
    second.click()
    wait(lambda: position(browser, 1) > 0)
    assert not is_playing(browser)
    stopped = position(browser)
    first.click()
    wait(lambda: position(browser) > stopped)
    assert not is_playing(browser, 1)


def test_click_on_a_spectrogram(browser):
    picture = find(browser, ".picture")[2]
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", picture)
    picture.click()  # in the middle
    assert position(browser) == pytest.approx(1.5, abs=0.02)
    assert find(browser, "[type=radio]")[2].is_selected()
    assert not is_playing(browser)
    sizes = browser.execute_script(
        "return Array.from(document.images, image => [image.naturalWidth, image.naturalHeight])"
    )
    assert len(sizes) == 6
    assert all(100 < width <= 480 and height == 129 for width, height in sizes)


def test_sorting(browser):
    heads = find(browser, "#scores thead th")
    gains = [float(x) for x in column(browser, 1)]
    assert gains == sorted(gains, reverse=True) == [10.5, 6.5, 4.5, 3.0, 0.5]
    assert heads[1].get_attribute("aria-sort") == "descending"
    heads[1].find_element("tag name", "button").click()
    assert [float(x) for x in column(browser, 1)] == sorted(gains)
    assert heads[1].get_attribute("aria-sort") == "ascending"

    pesq = heads[2].find_element("tag name", "button")
    pesq.click()
    assert [float(x) for x in column(browser, 2)[:4]] == pytest.approx([2.5, 2.0, 1.9, 1.5])
    assert column(browser, 2)[-1] == ""
    pesq.click()
    assert [float(x) for x in column(browser, 2)[:4]] == pytest.approx([1.5, 1.9, 2.0, 2.5])
    assert column(browser, 2)[-1] == ""  # undefined stays last
    assert heads[1].get_attribute("aria-sort") is None

    heads[3].find_element("tag name", "button").click()
    assert heads[3].get_attribute("aria-sort") == "ascending"  # of errors the small ones first
    heads[0].find_element("tag name", "button").click()
    names = column(browser, 0)
    assert names == sorted(names, key=str.lower)


def test_charts_follow_the_boxes(browser):
    box = find(browser, "[data-toggles]")[1]
    number = box.get_attribute("data-toggles")
    series = find(browser, f"[data-series='{number}']")
    assert len(series) == 6  # three metrics by SNR and by noise
    assert all(one.is_displayed() for one in series)
    box.click()
    assert not any(one.is_displayed() for one in series)
    box.click()
    assert all(one.is_displayed() for one in series)


def test_keyboard(browser):
    browser.execute_script("document.querySelector('.play').focus()")
    press(browser, "\ue007")  # Enter
    wait(lambda: position(browser) > 0)
    press(browser, " ")
    wait(lambda: not is_playing(browser))
    press(browser, "\ue004", "\ue004", "\ue004")  # Tab: slider, repeat, waveforms
    assert browser.switch_to.active_element.get_attribute("value") == "0"
    radios = find(browser, ".example:first-of-type [type=radio]")
    press(browser, "\ue015")  # Down
    assert radios[1].is_selected()
    press(browser, "\ue013", "3")  # Up, digit
    assert radios[2].is_selected()
    held = position(browser)
    press(browser, " ")  # plays from any place in the example
    wait(lambda: position(browser) > held)
    press(browser, " ")
    outline = browser.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"

    browser.execute_script("document.querySelector('#scores thead button').focus()")
    press(browser, "\ue007")
    assert find(browser, "#scores th")[0].get_attribute("aria-sort") == "ascending"


def test_everything_focusable_has_a_name(browser):
    nameless = browser.execute_script(
        """
        const nodes = document.querySelectorAll("button, input, [tabindex], img, svg[role=img]");
        return Array.from(nodes).filter(node => !(node.ariaLabel || node.alt
          || node.getAttribute("aria-labelledby") || node.textContent.trim()
          || (node.labels && node.labels.length && node.labels[0].textContent.trim())))
          .map(node => node.outerHTML);
        """
    )
    assert nameless == []


@pytest.mark.parametrize("size", [PHONE, WIDE])
def test_fits_the_screen(browser, size):
    resize(browser, size)
    width, beyond = browser.execute_script(
        """
        const box = document.querySelector('.scroll');
        return [document.documentElement.scrollWidth,
                Array.from(document.querySelectorAll('body *'))
                  .filter(e => !box.contains(e) && !e.closest('svg'))
                  .filter(e => e.getBoundingClientRect().right > arguments[0] + 0.5)
                  .map(e => e.outerHTML.slice(0, 80))];
        """,
        size[0],
    )
    assert width <= size[0]
    assert beyond == []


def test_text_is_harmless(browser):
    assert browser.title == "Tones & <noise>"
    assert find(browser, "td script, th script, dt b") == []
    assert "<script>" in find(browser, "#scores")[0].text


def test_dark_and_light(browser):
    colors = []
    for scheme in ("light", "dark"):
        browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
        )
        colors.append(
            browser.execute_script("return getComputedStyle(document.body).backgroundColor")
        )
    assert colors == ["rgb(255, 255, 255)", "rgb(20, 23, 27)"]


def test_a_player_each_where_sounds_cannot_be_mixed(browser):
    browser.execute_script(
        "AudioContext.prototype.decodeAudioData = () => Promise.reject(new Error('no FLAC'))"
    )
    find(browser, ".play")[0].click()
    wait(lambda: find(browser, ".problem")[0].is_displayed())
    assert "no FLAC" in find(browser, ".problem")[0].text
    players = find(browser, ".example:first-of-type audio")
    assert all(player.is_displayed() for player in players)
    browser.execute_script("arguments[0].play()", players[0])
    wait(lambda: browser.execute_script("return arguments[0].currentTime > 0", players[0]))
    length = browser.execute_script("return arguments[0].duration", players[0])
    assert length == pytest.approx(3, abs=1e-3)


def test_asks_nobody_and_complains_of_nothing(browser):
    """After all tests above: the logs are those of the whole session."""
    asked = set()
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        asks = message["method"] == "Network.requestWillBeSent"
        if asks and message["params"]["documentURL"] == browser.current_url:
            asked.add(message["params"]["request"]["url"].split(":")[0])
    assert asked == {"file", "data"}
    assert browser.get_log("browser") == []
