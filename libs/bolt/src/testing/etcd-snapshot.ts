/**
 * A snapshot that etcd 3.4.23 wrote and `etcdctl snapshot save` saved, with its digest, brotli over
 * base64: 40 puts on 8 keys, one value of several pages, one delete, a compaction of revision 20.
 * All buckets but `key` are inline, there are free pages, and no list of them.
 */
export const ETCD_SNAPSHOT = [
  'Gx/AAL4VN664/AOxlg8bWehKmCeoMPc19VXjk7Wr4OEZl/9Ajki3ZjQjKbItwXmucERIQttbVoIJvm6/7zdzlxZYhgkc',
  'Qbnm49gYACAqCRf3IrIbYuCBZ63OZR3RAVAYgc59v/20CKmrvBEnOf5uEogyALB+Qk7ovZWQYpMwVn5KLLHNTBmrLgZ5',
  '///XWlr8o3OoE9KEuBV5+CtpSl6TkMmEpHXt7cOsm7SI542k6JEW8YvNmUhLC/HbD+/aBsH7kSbJ3E9jllrlAQDEAPC0',
  'DgA9AHIAAAD4Xy0sq+q0A4Clb06K+RS0ARhLldoBwEmuOMAIn5bQAwCQnsYAkwBwmsc0ZqhXZrQYfVOLTPJQR1Z5wUxR',
  'D0xfkREtao6J2NQ+k1ehbpmuKvV1JUB4UgBA2eSdIAOG/gouwvqPpN6WplQZUR3dDFkYmiHEbg05BFpDSNwG8ii0gZC6',
  'LRQwaAshczso4tAOQu72UCKgPYTCjVAmoQOK8hhoqwF0pA9VUms+XxO+FPVBUBihCUUTwgrNKNoQTmiNogvhhTYo+hCB',
  '0BbFECIU2qEYY0OkskJ7FFOIWOiAYlYkQkcUi6WpPmXk1TuxRCojdAEIYBEk4AcB7IEYsvOCn0ABfkYa9T5HBln1VY4I',
  '9HW1wmdke8uYrb2OjM6bE8qIYTCFpquDh+sGDckNGue430kCAEAPapCXi41oG0gL8rd9eyWPHxoakzW/naNdlQpSwT1a',
  'kBSNdh4J1qNmFC/lvRA1zRwcs5JaRPuadMn16qAvhVYrkQ8OzcHhiUSLn53nx51JdFq74LRx0SKFoHm4807kYWVx+rEz',
  '2ers6jdG7EcxnUgJa2Tq3NkzNHF9ItlMdL6NdJ3JvVgdZr/rnt3r6pLnV13h08Hakll/PCo5AESDCQwwz2R6r9/N+BQA',
  '7gI6OgH/6KK8/GJ5aQQAqcQSc4RulkiOc9rljvOYygz1yAxkGUlTC0zUUIdMQYG6Z3qK1A8zvhjvpjaY9Ap1xjRXNwGs',
  'JxxE1hIITSg2RV5JaEaxKwqhNYpDUQptUJxuqFROaIviUtRCOxS3ohHao3gUrdABxXssFJ3QEcVnaa+vNaL4FYPQhBJQ',
  'jEIzStANk8oLrVHCFLPQBiVcsQhtUSIUq9AOJVKxCe1RohS70AElWnH4OSJvD86tP4saiS20l5jyH3eJQORR20xWhrpk',
  '2rLUGzPWtn16R/yKw3emNdKrCBRAMhhACAApYMQmtYxCTng46/HWCABiLo9++7TMRNYGMIgST+4AQMNXKR8D8Du5wfe8',
  'SEtRyU4IjMcFKBoTMHKTFTk/vSkCAIYNNApHqORSyR5NrNAb/DVjBOkmQMzAQPap8r42SI/Y9Nwi0XQYbA+q9P/cHI9b',
  'A0BtRZfOuJMZmCDKuxsASCWXTvt/de/jlZ+5+2z9mK7/v7PP5blkoufPBg==',
].join('');
