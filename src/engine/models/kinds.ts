/** Kinds of model that can be fine-tuned here, as `model_type` of config.json names them. */
export const MODEL_TYPES = ['distilbert', 'bert', 'roberta', 'electra', 'mpnet'] as const
