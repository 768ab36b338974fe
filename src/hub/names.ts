/**
 * Names that the Hub redirects, from when a repository needed no namespace. The Hub itself knows them all; these are
 * for when it cannot be asked, and for autocomplete.
 */
export const CANONICAL_DATASETS: Readonly<Record<string, string>> = {
  imdb: 'stanfordnlp/imdb',
  ag_news: 'fancyzhx/ag_news',
  amazon_polarity: 'fancyzhx/amazon_polarity',
  dbpedia_14: 'fancyzhx/dbpedia_14',
  emotion: 'dair-ai/emotion',
  glue: 'nyu-mll/glue',
  rotten_tomatoes: 'cornell-movie-review-data/rotten_tomatoes',
  sms_spam: 'ucirvine/sms_spam',
  snli: 'stanfordnlp/snli',
  sst2: 'stanfordnlp/sst2',
  super_glue: 'aps/super_glue',
  trec: 'CogComp/trec',
  tweet_eval: 'cardiffnlp/tweet_eval',
  yelp_polarity: 'fancyzhx/yelp_polarity',
  yelp_review_full: 'Yelp/yelp_review_full',
}

export const CANONICAL_MODELS: Readonly<Record<string, string>> = {
  'distilbert-base-uncased': 'distilbert/distilbert-base-uncased',
  'distilbert-base-cased': 'distilbert/distilbert-base-cased',
  'distilbert-base-multilingual-cased': 'distilbert/distilbert-base-multilingual-cased',
  'distilroberta-base': 'distilbert/distilroberta-base',
  'bert-base-uncased': 'google-bert/bert-base-uncased',
  'bert-base-cased': 'google-bert/bert-base-cased',
  'bert-base-multilingual-cased': 'google-bert/bert-base-multilingual-cased',
  'bert-large-uncased': 'google-bert/bert-large-uncased',
  'roberta-base': 'FacebookAI/roberta-base',
  'roberta-large': 'FacebookAI/roberta-large',
}
