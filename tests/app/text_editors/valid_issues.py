"""Ten issues of the gallery's newsletter that compose accepts, written as people write YAML: unlike the samples."""

SHORT = "date: 2031-01-30\nsubject: A subject without quotes\n"
UNQUOTED = """\
date: 2031-01-30
number: "7"
subject: 2031
preheader: true
metrix:
  value: 49.1
  body: 100
  outlet: no
  date: 2031-01-02
topics:
  - title: 404
    facts: 3.5
"""
FOLDED = """\
subject: >-
  A subject on
  two lines
date: "2031-01-30"
note: >
  A folded note
  in one paragraph.
letter:
  title: 'It''s quoted'
  body: |2-
      Two spaces more.
    Text.
"""
GROUPS = """\
date: 2031-01-30
subject: Groups
order:
  - reading
  - dates
dates:
  intro: |
    All dates.
  groups:
    - heading: Berlin
      url: https://example.org/berlin
      items:
        - title: First
          date: 2031-02-01
          end: 2031-02-03
          time: 18:00
        - title: Second
          date: 2031-02-05
    - heading: Online
      intro: Free.
      items:
        - title: Third
          date: 2031-02-09
reading:
  url: https://example.org/all
  items:
    - title: One
      url: https://example.org/1
      checked: 2031-01-29
"""
FROM_FILES = """\
date: 2031-01-30
subject: From files
lead:
  from: drafts/lead.yaml
topics:
  - from: drafts/topic.yaml
  - title: Here
    facts: |
      Facts.
press:
  from: drafts/press.yaml
"""
FROM_FILES_TEXTS = {
    "lead": "title: A lead\nbody: |\n  Text.\n",
    "topic": "title: A topic\nfacts: |\n  Facts.\n",
    "press": '- title: "One"\n  body: |\n    Text.\n',
}
CONDITIONS = """\
date: 2031-01-30
subject: For some
letter:
  only:
    tag: press
  body: |
    For the press.
topics:
  - title: Everyone
    facts: Facts.
  - title: Some
    only:
      without_tag:
        - 2024
        - staff
    facts: Facts.
"""
SOURCES = """\
date: 2031-01-30
subject: "Sources: a list, and lines"
lead:
  kicker: Energy
  title: "A lead: with a colon"
  standfirst: Why.
  authors:
    - name: Anna Li
      role: Analyst
  body: |
    Text {{ first_name | default("reader") }}.
  sources:
    - outlet: Reuters
      title: One
      language: zh
      date: 2031-01-02
    - title: Two
topics:
  - title: With lines
    facts: |
      Facts.
    sources: |
      Reuters (CN): [Three](https://example.org/3) (中文)
"""
EMPTY = """\
date: 2031-01-30
subject: Much is empty
preheader:
note:
letter:
  title: ""
  body: |

lead:
metrix:
  value:
  body:
topics:
  -
  - title: ""
    facts:
press:
  - title: ""
    date:
    body: |

team:
join:
  text: ""
  url:
"""
CHINESE = """\
date: 2031-01-30
number: 0
subject: 一个标题：没有引号
archive: unlisted
voice:
  quote: “今天天气很好。”
  author: 李明
press:
  - title: 标题
    outlet: 财新
    language: zh
    body: 正文。
"""
FRAMES = """\
# A comment.
date: 2031-01-30   # the day
subject: Own people
masthead:
  - heading: Guest
    people:
      - name: B. Guest
        title: 1
imprint:
  name: Somebody
  address: [One street, "10115"]
  phone: 030 1234
team:
  - {name: Anna Li, title: Analyst, url: "https://example.org/anna"}
partner:
  sponsor: A bank
  body: Paid.
offers:
  - title: A card
    detail: 12
    body: Text.
join: {text: Join, url: https://example.org/join}
"""
ISSUES = (SHORT, UNQUOTED, FOLDED, GROUPS, FROM_FILES, CONDITIONS, SOURCES, EMPTY, CHINESE, FRAMES)
