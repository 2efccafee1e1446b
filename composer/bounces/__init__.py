"""What comes back: bounces, complaints, and all that must not be taken for them.

vocabulary   what a message that came back says       classes, words     what a failure means for a subscriber
understanding   bytes to that vocabulary              (mime, report, feedback, automatic, freeform, traces: its parts)
"""
