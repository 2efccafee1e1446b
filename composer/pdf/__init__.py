"""Prints a web page as a PDF, and reads the PDF back.

Input: a `PrintJob`: a page of semantic HTML, its style sheets and its pictures. Output: a `PrintedPdf`: the bytes, and the
faults that were found when they were read. Guarantees: only `weasyprint_adapter` imports WeasyPrint, only `pdf_reader`
imports PDFium, and both only in a process of their own (`print_process`), which has a time limit. Nothing here is
imported unless a PDF is wanted.
"""
